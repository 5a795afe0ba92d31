"""The bodies of the coordinator's routes have exactly the members of the shapes that they stand for."""

import pytest
from pydantic import BaseModel

from cantata.graphs.spec import HierarchicalStep, ParallelStep, SequentialStep
from cantata.server.routes.bodies import RunBody
from cantata.server.routes.coordinator_bodies import HierarchicalBody, ParallelBody, SequentialBody


@pytest.mark.parametrize(
    ("shape", "body"),
    [(SequentialStep, SequentialBody), (ParallelStep, ParallelBody), (HierarchicalStep, HierarchicalBody)],
)
def test_a_shapes_body_has_the_shapes_members(shape: type[BaseModel], body: type[BaseModel]) -> None:
    own = set(body.model_fields) - set(RunBody.model_fields) - {"input"}

    assert own == set(shape.model_fields) - {"type"}


def test_a_shape_shares_no_member_with_what_all_runs_have() -> None:
    """What stands beside the spec is told apart by its name alone."""
    shapes = (SequentialStep, ParallelStep, HierarchicalStep)

    assert not {name for shape in shapes for name in shape.model_fields} & {*RunBody.model_fields, "input"}
