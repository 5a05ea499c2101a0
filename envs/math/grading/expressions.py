"""A scalar expression, in LaTeX or plain text, as a tree.

The reading is strict: ambiguous notation (``x2``, ``2 3``) is refused rather than guessed. Derivatives and
integrals without limits are left to math-verify's parser.
"""

from fractions import Fraction

from onelayer.envs.math.grading.calculus import OPERATORS, is_differential, read_operator
from onelayer.envs.math.grading.symbol_names import read_accented, read_greek, read_symbol
from onelayer.envs.math.grading.token_reader import TokenReader
from onelayer.envs.math.grading.tokens import (
    ACCENTS,
    AGGREGATES,
    FUNCTIONS,
    GREEK,
    PLAIN_CALLS,
    Token,
    parse_decimal,
)
from onelayer.envs.math.grading.tree import Node

MAX_DEPTH = 60


def parse_expression(text: str) -> Node:
    """Return the tree of ``text``, which is clean notation (see ``notation``).

    Raises:
        ValueError: the text is no expression, is ambiguous, or is nested too deeply.
    """
    return _Parser(text).whole()


class _Parser(TokenReader):
    """Recursive descent; every method leaves ``at`` after what it read."""

    def whole(self) -> Node:
        if self.repeating is not None:
            return Node("number", value=self.repeating)
        node = self.sum()
        if self.peek().kind != "end":
            raise ValueError(f"unexpected {self.peek().text!r}")
        return node

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError("the expression is nested too deeply")
        terms = [self.signed()]
        while self.peek().text in ("+", "-"):
            negative = self.take().text == "-"
            term = self.signed() if self.peek().text == "-" else self.product()
            terms.append(Node("negative", (term,)) if negative else term)
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Node("sum", tuple(terms))

    def signed(self) -> Node:
        signs = 0
        negative = False
        while self.peek().text in ("+", "-"):
            negative ^= self.take().text == "-"
            signs += 1
        if signs > 2:
            raise ValueError("too many signs")
        node = self.product()
        if negative and node.operator == "mod":  # -1 mod 2 is 1
            return Node("mod", (Node("negative", node.arguments[:1]), node.arguments[1]))
        return Node("negative", (node,)) if negative else node

    def product(self) -> Node:
        node = self.power()
        while True:
            if self.accept("*", "\\cdot", "\\times"):
                node = Node("product", (node, self.factor_after_sign()))
            elif self.accept("/", "\\div"):
                node = Node("quotient", (node, self.factor_after_sign()))
            elif self.accept("\\bmod", "\\mod"):
                node = Node("mod", (node, self.power()))
            elif self.begins_factor():
                node = self.implicit(node)
            else:
                return node

    def factor_after_sign(self) -> Node:
        if self.accept("-"):
            return Node("negative", (self.power(),))
        return self.power()

    def implicit(self, left: Node) -> Node:
        r"""``2x`` and ``2(3)`` are products, ``2\frac{1}{3}`` is a mixed number."""
        token, before = self.peek(), self.tokens[self.at - 1]
        if token.kind == "number" and before.text != "!":
            mixed = self.plain_mixed(left)
            if mixed is not None:
                return mixed
            if not self.number_may_follow(before):
                raise ValueError("a number stands right behind a factor")
        right = self.power()
        if token.text == "\\frac" and before.kind == "number" and left.operator == "number":
            return _mixed(left, right)
        return Node("product", (left, right))

    def plain_mixed(self, left: Node) -> Node | None:
        """``2 1/3``: an integer, a space, and a proper fraction of integers."""
        window = self.tokens[self.at : self.at + 3]
        integers = [t.text for t in window[::2]]
        if (
            left.operator == "number"
            and self.tokens[self.at - 1].text.isdigit()
            and window[0].spaced
            and len(window) == 3
            and window[1].text == "/"
            and all(t.isdigit() for t in integers)
            and 0 < int(integers[0]) < int(integers[1])
        ):
            self.at += 3
            part = Node("number", value=Fraction(int(integers[0]), int(integers[1])))
            return Node("mixed", (left, part))
        return None

    def number_may_follow(self, before: Token) -> bool:
        r"""``(x+1)5``, ``n2^{n-1}``, ``2^{10}3^5`` are products; ``x2``, ``2 3^2`` are ambiguous."""
        if before.text == ")":
            return True
        a_number = before.kind == "number" and self.tokens[self.at - 2].text != "^"
        return self.tokens[self.at + 1].text == "^" and not a_number

    def begins_factor(self) -> bool:
        token = self.peek()
        if (
            self.integrals
            and token.text == "d"
            and is_differential(token, self.tokens[self.at + 1])
        ):
            return False
        if token.kind in ("letter", "word", "number"):
            return True
        if token.kind == "command":
            return token.text not in ("\\rfloor", "\\rceil", "\\cdot", "\\times", "\\div")
        return token.text in ("(", "{", "[") or (token.text == "|" and self.bars == 0)

    def power(self) -> Node:
        node = self.postfix(self.atom())
        if self.accept("^"):
            if self.degree_sign():
                return Node("degrees", (node,))
            node = self.postfix(Node("power", (node, self.exponent())))
        return node

    def postfix(self, node: Node) -> Node:
        while self.peek().text == "!":
            self.take()
            node = Node("double_factorial" if self.accept("!") else "factorial", (node,))
        return node

    def degree_sign(self) -> bool:
        if self.accept("\\circ"):
            return True
        if [t.text for t in self.tokens[self.at : self.at + 3]] == ["{", "\\circ", "}"]:
            self.at += 3
            return True
        return False

    def exponent(self) -> Node:
        if self.accept("{"):
            node = self.sum()
            self.expect("}")
        elif self.accept("-"):
            node = Node("negative", (self.atom(),))
        else:
            node = self.atom()
        if self.accept("^"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise ValueError("the expression is nested too deeply")
            node = Node("power", (node, self.exponent()))
            self.depth -= 1
        return node

    def atom(self) -> Node:
        token = self.take()
        if token.kind == "number":
            return Node("number", value=parse_decimal(token.text))
        if token.kind == "letter":
            return read_symbol(self, token.text)
        if token.kind == "word":
            return self.named(token.text.lower())
        if token.kind == "command":
            return self.command(token.text[1:])
        if token.text in ("(", "[", "{"):
            bars, self.bars = self.bars, 0
            node = self.sum()
            self.expect({"(": ")", "[": "]", "{": "}"}[token.text])
            self.bars = bars
            return node
        if token.text == "|":
            self.bars += 1
            node = self.sum()
            self.expect("|")
            self.bars -= 1
            return Node("abs", (node,))
        raise ValueError(f"unexpected {token.text!r}")

    def named(self, name: str) -> Node:
        if name == "pi":
            return Node("constant", value="pi")
        if name in PLAIN_CALLS:
            self.expect("(")
            node = self.sum()
            self.expect(")")
            return Node(PLAIN_CALLS[name], (node,))
        return self.aggregate(name) if name in AGGREGATES else self.function(name)

    def aggregate(self, name: str) -> Node:
        closing = ")" if self.accept("(") else "\\}"
        if closing == "\\}":
            self.expect("\\{")
        arguments = [self.sum()]
        while self.accept(","):
            arguments.append(self.sum())
        self.expect(closing)
        return Node(name, tuple(arguments))

    def command(self, name: str) -> Node:
        if name in FUNCTIONS or name in AGGREGATES or name == "pi":
            return self.named(name)
        if name == "frac":
            return Node("quotient", (self.argument(), self.argument()))
        if name == "binom":
            return Node("binomial", (self.argument(), self.argument()))
        if name == "sqrt":
            return self.root()
        if name in OPERATORS:
            return read_operator(self, name)
        if name == "infty":
            return Node("constant", value="infinity")
        if name in ("lfloor", "lceil"):
            node = self.sum()
            self.expect("\\r" + name[1:])
            return Node(name[1:], (node,))
        if name in GREEK:
            return read_greek(self, name)
        if name in ACCENTS and self.accept("{"):
            return read_accented(self, f"\\{name}{{{self.raw_group()}}}")
        raise ValueError(f"\\{name} is not read here")

    def argument(self) -> Node:
        r"""``{12}``, or one digit or sign: ``\frac12`` is a half."""
        if self.accept("{"):
            node = self.sum()
            self.expect("}")
            return node
        token = self.peek()
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            rest = Token("number", token.text[1:], False)
            self.tokens[self.at] = rest
            return Node("number", value=Fraction(int(token.text[0])))
        return self.atom()

    def root(self) -> Node:
        if self.accept("["):
            index = self.sum()
            self.expect("]")
            return Node("root", (self.argument(), index))
        return Node("sqrt", (self.argument(),))

    def function(self, name: str) -> Node:
        base: Node | None = None
        if name == "log" and self.accept("_"):
            base = self.argument()
        exponent = self.exponent() if self.accept("^") else None
        argument = self.function_argument()
        if exponent == Node("negative", (Node("number", value=Fraction(1)),)):
            if name not in ("sin", "cos", "tan", "cot"):
                raise ValueError(f"{name}^-1 can be meant in two ways")
            return Node("arc" + name, (argument,))
        if name == "log":
            ten = Node("number", value=Fraction(10))
            node = Node("log", (argument, ten if base is None else base))
        elif name == "lg":
            node = Node("log", (argument, Node("number", value=Fraction(10))))
        else:
            node = Node(name, (argument,))
        return node if exponent is None else Node("power", (node, exponent))

    def function_argument(self) -> Node:
        r"""A group, or factors up to the next sign, operator or function: ``\sin 2x\cos x``."""
        if self.peek().text in ("(", "{", "["):
            return self.postfix(self.atom())
        node = self.power()
        while self.begins_factor() and not self.begins_function() and self.peek().kind != "number":
            if self.peek().text in ("(", "["):
                break
            node = Node("product", (node, self.power()))
        return node

    def begins_function(self) -> bool:
        return self.peek().text.lstrip("\\").lower() in FUNCTIONS


def _mixed(whole: Node, part: Node) -> Node:
    """A mixed number where the fraction is one of integers and proper, else a product."""
    if part.operator == "quotient" and all(a.operator == "number" for a in part.arguments):
        upper, lower = (a.value for a in part.arguments)
        assert isinstance(upper, Fraction) and isinstance(lower, Fraction)
        assert isinstance(whole.value, Fraction)
        if whole.value.denominator == 1 and upper.denominator == lower.denominator == 1:
            if not 0 < upper < lower:
                raise ValueError("a number before an improper fraction can be meant in two ways")
            return Node("mixed", (whole, part))
    return Node("product", (whole, part))
