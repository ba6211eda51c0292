"""A profile of hypothesis for mutation testing: what fails need not be made small, nor be found again."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutation", deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
