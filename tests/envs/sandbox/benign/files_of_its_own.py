import json
import os
import tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "data.json")
    with open(path, "w") as file:
        json.dump({"a": [1, 2]}, file)
    with open(path) as file:
        print(json.load(file)["a"], os.listdir(folder))
with open("here.txt", "w") as file:
    file.write("x")
print(os.path.getsize("here.txt"))

# --- tests ---
TESTS = {"kind": "stdio", "cases": [{"input": "", "output": "[1, 2] ['data.json'] 1"}]}
