"""Tasks an agent acts in. No module here imports torch.

Importing this package registers our environments with Gymnasium. Each stands as text, so that its
module is imported only when an environment is made.
"""

import gymnasium as gym

gym.register("onelayer/Counting-v0", entry_point="onelayer.envs.counting:CountingEnv")
gym.register("onelayer/Code-v0", entry_point="onelayer.envs.code.environment:CodeEnv")
gym.register("onelayer/ALFWorld-v0", entry_point="onelayer.envs.alfworld.environment:ALFWorldEnv")
gym.register("onelayer/Math-v0", entry_point="onelayer.envs.math.environment:MathEnv")
gym.register("onelayer/Mixture-v0", entry_point="onelayer.envs.mixture:MixtureEnv")
# Worlds of other libraries, which they need to be made.
gym.register("onelayer/TextArena-v0", entry_point="onelayer.envs.adapters.textarena:TextArenaEnv")
gym.register("onelayer/OpenEnv-v0", entry_point="onelayer.envs.adapters.openenv:OpenEnv")
gym.register("onelayer/Verifiers-v0", entry_point="onelayer.envs.adapters.verifiers:VerifiersEnv")
