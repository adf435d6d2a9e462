"""JSON values of every shape, to break readers with."""

from hypothesis import strategies as st


def json_values(*keys: str) -> st.SearchStrategy:
    """Any JSON value; its objects have some of these keys, so that the readers look into them."""
    leaves = (
        st.none()
        | st.booleans()
        | st.integers(-(10**30), 10**30)
        | st.sampled_from([0, 1, 2, -704042011, -704083036, 10**400])
        | st.floats()
        | st.text(max_size=5)
        | st.sampled_from(keys)
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(keys), inner),
        max_leaves=15,
    )
