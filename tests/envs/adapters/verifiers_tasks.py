"""Tasksets of verifiers for the tests: of one turn, of two turns, and with what is refused."""

import verifiers.v1 as vf

__all__ = ["Reverse"]


class Data(vf.TaskData):
    answer: str


class OneTurn(vf.Task[Data, vf.State, vf.TaskConfig]):
    @vf.reward
    async def exact(self, trace) -> float:
        return float(trace.last_reply == self.data.answer)

    @vf.reward(weight=0.5)
    async def short(self, trace) -> float:
        return float(len(trace.last_reply) < 10)


class Reverse(vf.Taskset[OneTurn, vf.TasksetConfig]):
    def load(self):
        for i in range(20):
            word = f"ab{i}"
            data = Data(prompt=f"Write backwards: {word}", name=word, answer=word[::-1])
            yield OneTurn(data, self.config.task)


class NeedsRuntime(vf.Task[Data, vf.State, vf.TaskConfig]):
    @vf.reward
    async def tested(self, trace, runtime) -> float:
        return 1.0


class Refused(vf.Taskset[NeedsRuntime, vf.TasksetConfig]):
    def load(self):
        yield NeedsRuntime(Data(prompt="?", name="x", answer=""), self.config.task)
