"""Courses: the same steps come to different words as time goes by, and to one effect apart from that."""

from datetime import UTC, datetime

from decider.policy.course import Course, Step, apart_from_time, conclude
from decider.policy.limit import Terms, Usage
from decider.policy.policy import Effect

FULL = Effect(allowed=False, code=10103, message="Come back in {retry_after}.")
WATCHED = Effect(allowed=False, code=10199)
COURSE = Course(
    "r",
    "policy.yaml",
    datetime(2026, 6, 15, tzinfo=UTC),
    [
        Step("watched", WATCHED, shadow=True),
        Step("few", FULL, terms=Terms(count=1, per=60)),
        Step("", Effect(allowed=True)),
    ],
)


def test_the_time_to_try_again_makes_no_other_effect() -> None:
    soon, late = (conclude(COURSE, [Usage(1, frees_in, full=True)]) for frees_in in (5.0, 50.0))
    assert (soon.effect.message, late.effect.message) == ("Come back in 5s.", "Come back in 50s.")
    assert apart_from_time(COURSE, soon) == apart_from_time(COURSE, late)


def test_the_count_does() -> None:
    steps = [Step("few", Effect(False, 10103, "Only {count}."), terms=Terms(count, 60)) for count in (1, 2)]
    courses = [Course("r", "policy.yaml", COURSE.now, [step, COURSE.ending]) for step in steps]
    effects = [apart_from_time(course, conclude(course, [Usage(2, 5.0, full=True)])) for course in courses]
    assert [effect.message for effect in effects] == ["Only 1.", "Only 2."]


def test_the_default_is_as_it_is() -> None:
    assert apart_from_time(COURSE, conclude(COURSE, [Usage(0, None, full=False)])) == Effect(allowed=True)
