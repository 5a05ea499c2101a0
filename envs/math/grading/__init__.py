"""Whether a mathematical answer equals the reference: extraction, notation, structure, equality.

The steps for an answer: ``extraction`` finds it in a response, ``notation`` normalizes its writing,
``kinds`` tells what it is (a number, an interval, a list, a relation, a text), and ``equality`` compares it
with the reference. What only algebra can decide goes to ``symbolic``, in a process of its own.
"""
