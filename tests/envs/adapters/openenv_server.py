"""A server of OpenEnv for its tests: guess a number. Takes the port."""

import random
import sys
import time

import uvicorn
from openenv.core.env_server import Action, Environment, Observation, State, create_app


class Guess(Action):
    message: str


class Said(Observation):
    text: str


class GuessEnvironment(Environment):
    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self):
        super().__init__()
        self.count = 0

    def reset(self, seed=None, episode_id=None, **_):
        self.number, self.count = random.Random(seed).randint(1, 9), 0
        return Said(text="Guess a number from 1 to 9.", done=False, reward=0.0)

    def step(self, action, timeout_s=None, **_):
        self.count += 1
        if action.message == "sleep":
            time.sleep(3600)
        if action.message == "crash":
            raise RuntimeError("the server's own fault")
        right = action.message.strip() == str(self.number)
        said = "Right." if right else "No."
        return Said(text=said, done=right or self.count == 9, reward=float(right))

    @property
    def state(self):
        return State(episode_id="0", step_count=self.count)


app = create_app(GuessEnvironment, Guess, Said, env_name="guess", max_concurrent_envs=32)
if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
