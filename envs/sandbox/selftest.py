"""The start-up self-test."""



def run_canaries(server, level):
    return ()
