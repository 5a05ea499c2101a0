"""Episodes without a world, from what credit assignment looks at: task, anchors and rewards."""

from hypothesis import strategies as st

from onelayer.agents.episodes import Episode, Step


def episode(task, *steps, error=None):
    """Build an episode from (anchor, reward) pairs."""
    made = tuple(Step("observation", "action", reward, anchor) for anchor, reward in steps)
    return Episode(task, made, success=False, error=error)


@st.composite
def batches(draw, rewards=(-1.0, -0.1, 0.0, 0.5, 10.0)):
    """Batches with few tasks and anchors, so that groups of every size appear."""
    steps = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(rewards)), max_size=5)
    drawn = draw(
        st.lists(st.tuples(st.sampled_from("abc"), steps, st.sampled_from([None, None, "died"])))
    )
    return [episode(task, *taken, error=error) for task, taken, error in drawn]
