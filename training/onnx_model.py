"""The int8 model as ONNX, from the file that is shipped: to compare numpy with onnxruntime."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

type Arrays = Mapping[str, npt.NDArray[np.generic]]

_OPSET = 18
_LAYER = ("qkv", "out", "up", "down")


class _Graph:
    """Nodes and constants of a graph that is being built."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def constant(self, name: str, array: npt.NDArray[np.generic]) -> str:
        """Add a constant and return its name."""
        self.constants[name] = numpy_helper.from_array(np.array(array, order="C"), name)
        return name

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> list[str]:
        """Add a node and return the names of what it puts out."""
        names = [f"{op}{len(self.nodes)}.{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names

    def one(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return its name."""
        return self.node(op, *inputs, **attributes)[0]


def build(arrays: Arrays) -> ModelProto:
    """Return a model from "ids", shape (tokens), to "logits", shape (intents)."""
    graph = _Graph()
    hidden, heads = arrays["positions"].shape[1], int(arrays["heads"])
    embedded = graph.one("Gather", graph.constant("tokens", arrays["tokens"]), "ids")
    scales = graph.one("Gather", graph.constant("scales", arrays["token_scales"][:, None]), "ids")
    x = graph.one("Mul", graph.one("Cast", embedded, to=TensorProto.FLOAT), scales)
    zero, axis = graph.constant("zero", np.array([0])), graph.constant("axis", np.array([0]))
    length = graph.one("Shape", "ids")
    positions = graph.constant("positions", arrays["positions"].astype(np.float32))
    x = graph.one("Add", x, graph.one("Slice", positions, zero, length, axis))
    graph.constant("ones", np.ones(hidden, np.float32))
    graph.constant("zeros", np.zeros(hidden, np.float32))
    graph.constant("split", np.array([-1, 3, heads, hidden // heads]))
    graph.constant("join", np.array([-1, hidden]))
    number = 0
    while f"layer{number}.qkv.weights" in arrays:
        x = graph.one("Add", x, _attend(graph, arrays, f"layer{number}", x))
        inner = graph.one("Relu", _linear(graph, arrays, f"layer{number}.up", _normal(graph, x)))
        x = graph.one("Add", x, _linear(graph, arrays, f"layer{number}.down", inner))
        number += 1
    x = _normal(graph, x)
    first = graph.one("Gather", x, graph.constant("first", np.array(0)), axis=0)
    mean = graph.one("ReduceMean", x, graph.constant("rows", np.array([0])), keepdims=0)
    pooled = graph.one("Concat", first, mean, axis=0)
    head = graph.one("MatMul", pooled, graph.constant("head", arrays["head"].astype(np.float32)))
    graph.nodes.append(
        helper.make_node("Add", [head, graph.constant("head_bias", arrays["head_bias"].astype(np.float32))], ["logits"])
    )
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "intents",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=10,
    )


def _attend(graph: _Graph, arrays: Arrays, layer: str, x: str) -> str:
    qkv = graph.one("Reshape", _linear(graph, arrays, f"{layer}.qkv", _normal(graph, x)), "split")
    q, k, v = graph.node("Split", graph.one("Transpose", qkv, perm=[1, 2, 0, 3]), outputs=3, axis=0, num_outputs=3)
    weights = graph.one("Softmax", graph.one("MatMul", q, graph.one("Transpose", k, perm=[0, 1, 3, 2])), axis=-1)
    attended = graph.one("Transpose", graph.one("MatMul", weights, v), perm=[0, 2, 1, 3])
    return _linear(graph, arrays, f"{layer}.out", graph.one("Reshape", attended, "join"))


def _normal(graph: _Graph, x: str) -> str:
    return graph.one("LayerNormalization", x, "ones", "zeros")


def _linear(graph: _Graph, arrays: Arrays, name: str, x: str) -> str:
    quantised, scale, zero = graph.node("DynamicQuantizeLinear", x, outputs=3)
    weights = arrays[f"{name}.weights"]
    none = graph.constant(f"{name}.zero", np.zeros(weights.shape[1], np.int8))
    product = graph.one("MatMulInteger", quantised, graph.constant(name, weights), zero, none)
    scales = graph.one("Mul", scale, graph.constant(f"{name}.scales", arrays[f"{name}.scales"]))
    scaled = graph.one("Mul", graph.one("Cast", product, to=TensorProto.FLOAT), scales)
    return graph.one("Add", scaled, graph.constant(f"{name}.bias", arrays[f"{name}.bias"]))
