from onelayer.agents.episode_keys import ATTEMPT, EpisodeKeys


def test_attempts_have_the_numbers_of_their_rollout_in_whichever_order_they_begin():
    keys, others = EpisodeKeys(7), EpisodeKeys(7)
    for one, order in ((keys, (0, 1, 2)), (others, (2, 0, 1))):
        one.begin_rollout()
        found = {n: one.of({"task": "a", ATTEMPT: n}) for n in order}
        assert [found[n][2] for n in range(3)] == [0, 1, 2]
        one.begin_rollout()
        assert one.of({"task": "a", ATTEMPT: 1})[2] == 4  # three were played before
        assert one.of({"task": "b", ATTEMPT: 0})[2] == 0
    assert keys.of({"task": "b", ATTEMPT: 1}) == others.of({"task": "b", ATTEMPT: 1})


def test_without_numbers_episodes_of_a_task_are_counted_as_they_begin():
    keys = EpisodeKeys(7)
    assert [keys.of({"task": task})[2] for task in "aab"] == [0, 1, 0]
    assert len({keys.of({}), keys.of({}), keys.of({"task": "a\ud800"})}) == 3
