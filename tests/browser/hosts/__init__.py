import pytest

pytest.register_assert_rewrite("tests.browser.hosts.stories", "tests.browser.hosts.visits")
