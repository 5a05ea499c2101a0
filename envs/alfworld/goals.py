"""Turning a PDDL goal into a fast test of the current state.

A goal such as "some mug is in some cabinet" is grounded once, when its game is parsed: what can't change
(types, which receptacle is where) is decided then. A few conditions on the state are left, which are tested
after each action.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from onelayer.envs.alfworld.pddl import ARITIES, Formula, Problem, typed_names

Test = Callable[[Any], bool]
"""a test of the state: takes the ``native_engine.Engine`` that plays the game"""
Condition = bool | Test
"""decided already, or a test of the state"""
Fluent = Callable[[tuple[str, ...]], Condition]
"""a predicate that actions change: takes its arguments, returns its test"""
Binding = Mapping[str, str]


class GoalReader:
    """Grounds the goal of ``problem``; ``fluents`` are the predicates that actions change."""

    def __init__(self, problem: Problem, fluents: Mapping[str, Fluent]):
        self._problem = problem
        self._fluents = fluents
        self.reads: set[str] = set()
        """the fluents that the goal asks about"""

    def read(self) -> Test:
        """Return the test of the whole goal.

        Raises:
            ValueError: the goal uses something that this engine does not keep track of.
        """
        try:
            condition = self._ground(self._problem.goal, {})
        except IndexError as error:
            raise ValueError(f"its goal is malformed: {self._problem.goal!r}") from error
        if isinstance(condition, bool):
            return lambda engine: condition
        return condition

    def _ground(self, formula: Formula, binding: Binding) -> Condition:
        if isinstance(formula, str) or not formula or not isinstance(formula[0], str):
            raise ValueError(f"not a PDDL condition: {formula!r}")
        head, rest = formula[0], formula[1:]
        if head == "and":
            return _all([self._ground(part, binding) for part in rest])
        if head == "or":
            return _any([self._ground(part, binding) for part in rest])
        if head == "not":
            return _not(self._ground(rest[0], binding))
        if head == "imply":
            return _any([_not(self._ground(rest[0], binding)), self._ground(rest[1], binding)])
        if head == "exists":
            variables, body = self._quantified(formula)
            return _any([self._ground(body, b) for b in self._bindings(variables, body, binding)])
        if head == "forall":
            variables, body = self._quantified(formula)
            return _all([self._ground(body, b) for b in self._products(variables, binding)])
        return self._atom(head, rest, binding)

    def _atom(self, predicate: str, terms: Sequence[Formula], binding: Binding) -> Condition:
        arguments = tuple(binding.get(str(term), str(term)) for term in terms)
        if predicate == "=":
            return arguments[0] == arguments[1]
        if ARITIES.get(predicate) != len(arguments):
            raise ValueError(
                f"its goal has {predicate!r} of {len(arguments)} argument(s), not of ALFWorld's domain"
            )
        if predicate in self._fluents:
            self.reads.add(predicate)
            return self._fluents[predicate](arguments)
        return arguments in self._problem.facts.get(predicate, ())

    def _quantified(self, formula: Formula) -> tuple[dict[str, str], Formula]:
        """Return the variables of a quantifier with their types, and its body.

        ``exists`` directly within ``exists`` is read as one.
        """
        if len(formula) != 3 or isinstance(formula[1], str):
            raise ValueError(f"not a PDDL quantifier: {formula!r}")
        variables = dict(typed_names([str(word) for word in formula[1]]))
        body = formula[2]
        if formula[0] == "exists" and not isinstance(body, str) and body[0] == "exists":
            inner, body = self._quantified(body)
            variables |= inner
        return variables, body

    def _bindings(
        self, variables: Mapping[str, str], body: Formula, binding: Binding
    ) -> Iterator[Binding]:
        """Yield the values of ``variables`` for which the unchanging part of ``body`` may hold."""
        parts = body[1:] if body[0] == "and" else [body]
        known = [
            part
            for part in parts
            if not isinstance(part, str)
            and ARITIES.get(str(part[0])) == len(part) - 1
            and part[0] not in self._fluents
        ]
        partial: list[Binding] = [binding]
        for part in known:
            names = [str(term) for term in part[1:]]
            partial = [
                bound
                for b in partial
                for fact in self._problem.facts.get(str(part[0]), ())
                if (bound := _match(names, fact, b, variables)) is not None
            ]
        for bound in partial:
            yield from self._products({v: t for v, t in variables.items() if v not in bound}, bound)

    def _products(self, variables: Mapping[str, str], binding: Binding) -> Iterator[Binding]:
        """Yield every way to give ``variables`` values of their types."""
        if not variables:
            yield binding
            return
        (variable, kind), *others = variables.items()
        for name, its_kind in self._problem.types.items():
            if kind in ("object", its_kind):  # every type is a kind of object
                yield from self._products(dict(others), {**binding, variable: name})


def _match(
    names: Sequence[str], fact: Sequence[str], binding: Binding, variables: Mapping[str, str]
) -> Binding | None:
    """Extend ``binding`` so that ``names`` become ``fact``; None where they can't."""
    bound = dict(binding)
    for name, value in zip(names, fact, strict=True):
        if bound.get(name, name if name not in variables else value) != value:
            return None
        if name in variables:
            bound[name] = value
    return bound


def _all(conditions: Sequence[Condition]) -> Condition:
    if any(condition is False for condition in conditions):
        return False
    tests = [condition for condition in conditions if not isinstance(condition, bool)]
    if len(tests) < 2:
        return tests[0] if tests else True
    return lambda engine: all(test(engine) for test in tests)


def _any(conditions: Sequence[Condition]) -> Condition:
    if any(condition is True for condition in conditions):
        return True
    tests = [condition for condition in conditions if not isinstance(condition, bool)]
    if len(tests) < 2:
        return tests[0] if tests else False
    return lambda engine: any(test(engine) for test in tests)


def _not(condition: Condition) -> Condition:
    if isinstance(condition, bool):
        return not condition
    return lambda engine: not condition(engine)
