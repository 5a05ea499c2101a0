"""What runs inside a vLLM server; this folder is put on its PYTHONPATH by `onelayer serve`."""
