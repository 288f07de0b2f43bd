import pytest

from application.watching.stream_cap import StreamCap
from domain.errors import LimitReached
from domain.principal import LOCAL, Principal


def test_a_principal_gets_no_more_streams_than_its_share_and_others_still_get_theirs() -> None:
    cap = StreamCap(most=100, most_each=20)
    for _ in range(20):
        cap.admit(_principal("ada"))

    with pytest.raises(LimitReached) as refusal:
        cap.admit(_principal("ada"))

    assert str(refusal.value) == "You have 20 streams open; close one first."
    assert refusal.value.retry_after_s == 5
    cap.admit(_principal("bob"))
    assert cap.open == 21


def test_the_local_principal_is_bound_by_the_whole_servers_cap_only() -> None:
    cap = StreamCap(most=30, most_each=1)
    for _ in range(30):
        cap.admit(LOCAL)

    with pytest.raises(LimitReached) as refusal:
        cap.admit(LOCAL)

    assert str(refusal.value) == "This server has 30 streams open and takes no more."


def test_the_whole_servers_cap_binds_everybody() -> None:
    cap = StreamCap(most=1)
    cap.admit(_principal("ada"))

    with pytest.raises(LimitReached):
        cap.admit(_principal("bob"))


def test_a_released_place_is_free_again_and_is_released_once() -> None:
    cap = StreamCap(most=2, most_each=1)
    admission = cap.admit(_principal("ada"))
    cap.admit(_principal("bob"))

    admission.release()
    admission.release()

    assert cap.open == 1
    cap.admit(_principal("ada"))
    with pytest.raises(LimitReached):
        cap.admit(_principal("eve"))


def test_the_same_owner_name_of_another_tenant_is_somebody_else() -> None:
    cap = StreamCap(most=2, most_each=1)
    cap.admit(_principal("ada", tenant="north"))

    cap.admit(_principal("ada", tenant="south"))

    assert cap.open == 2


def _principal(owner: str, *, tenant: str = "acme") -> Principal:
    return Principal(tenant=tenant, owner=owner, name=owner)
