"""Tokens that are taken one after the other: what all parts of the parser of expressions share."""

from abc import ABC, abstractmethod

from onelayer.envs.math.grading.tokens import Token, repeating_decimal, tokenize
from onelayer.envs.math.grading.tree import Node


class TokenReader(ABC):
    """A text as tokens, and the place of the next one."""

    def __init__(self, text: str):
        repeating = repeating_decimal(text.strip())
        self.tokens = tokenize(text) if repeating is None else []
        self.repeating = repeating
        self.at = 0
        self.depth = 0
        self.bars = 0
        """absolute values that are open: a bar closes one, and begins none"""
        self.integrals = 0
        """integrals that are open: ``dx`` ends one, and is no product"""
        self.bound: dict[str, str] = {}
        """the names of variables that are bound here"""

    def peek(self) -> Token:
        """Return the next token without taking it."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Return the next token and go on to the one after it.

        Raises:
            ValueError: there is none.
        """
        token = self.tokens[self.at]
        if token.kind == "end":
            raise ValueError("the expression ends too early")
        self.at += 1
        return token

    def accept(self, *texts: str) -> bool:
        """Take the next token if it is one of these; return whether it was."""
        if self.peek().text in texts and self.peek().kind != "end":
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Take the next token; raise ValueError where it is another one."""
        if not self.accept(text):
            raise ValueError(f"expected {text!r}, found {self.peek().text!r}")

    def raw_group(self) -> str:
        """Return the text up to the brace that closes the group just opened."""
        depth = 1
        texts: list[str] = []
        while True:
            token = self.take()
            depth += {"{": 1, "}": -1}.get(token.text, 0)
            if depth == 0:
                return "".join(texts)
            texts.append(token.text)

    @abstractmethod
    def sum(self) -> Node:
        """Read terms with signs between them."""

    @abstractmethod
    def product(self) -> Node:
        """Read factors, up to the next sign."""

    @abstractmethod
    def argument(self) -> Node:
        r"""Read ``{12}``, or one digit or letter."""
