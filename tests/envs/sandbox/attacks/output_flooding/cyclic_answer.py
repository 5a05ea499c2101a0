"""Answer with containers that hold themselves.

kinds: io_call asserts check_fn
"""


def solve(n):
    answer = [n]
    answer.append(answer)
    table = {"self": answer}
    table["table"] = table
    answer.append(table)
    return answer
