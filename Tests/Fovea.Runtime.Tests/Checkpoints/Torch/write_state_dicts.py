"""Writes state dicts with torch.save, in both formats and all protocols, and beside each what torch says of it.

NAME.pth    the file
NAME.f32    the values of its tensors as raw float32, one tensor after the other
cases.json  for each NAME the names and shapes of its tensors, in order
"""
import json
import os
import pickle
import sys

import numpy
import torch
from torch import nn

out = sys.argv[1]
cases = {}
torch.manual_seed(7)


def save(name, content, state, **how):
    torch.save(content, os.path.join(out, name + ".pth"), **how)
    with open(os.path.join(out, name + ".f32"), "wb") as values:
        for tensor in state.values():
            values.write(tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes())
    cases[name] = [[key, list(tensor.shape)] for key, tensor in state.items()]


def both(name, content, state):
    for kind, zipped in (("zip", True), ("legacy", False)):
        save(f"{name}_{kind}", content, state, _use_new_zipfile_serialization=zipped)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.register_buffer("scale", torch.tensor(2.5))


module = Block()
module.norm.running_mean.normal_()
module.norm.num_batches_tracked.fill_(11)
state = module.state_dict()
plain = {"a": torch.randn(2, 3), "scalar": torch.tensor(-1.25), "empty": torch.zeros(0, 3), "limits": torch.tensor([float("inf"), float("-inf"), 1e-42, 3.4e38])}
both("plain", plain, plain)
both("module", state, state)
for protocol in (2, 3, 4, 5):
    save(f"protocol{protocol}_zip", state, state, pickle_protocol=protocol)
    save(f"protocol{protocol}_legacy", state, state, pickle_protocol=protocol, _use_new_zipfile_serialization=False)

numbers = torch.randn(40) * 50
types = {str(t).split(".")[1]: numbers.to(t) for t in (
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64, torch.int32, torch.int16, torch.int8)}
types["uint8"] = numbers.abs().to(torch.uint8)
types["bool"] = numbers > 0
types["small"] = torch.tensor([6e-8, 6.1e-5, 65504.0], dtype=torch.float16)
both("types", types, types)
both("half", module.half().state_dict(), module.half().state_dict())
both("double", module.double().state_dict(), module.double().state_dict())
both("bfloat16", module.to(torch.bfloat16).state_dict(), module.to(torch.bfloat16).state_dict())
module.float()

base = torch.randn(4, 5, 6)
strided = {
    "transposed": base.transpose(0, 2), "sliced": base[1:3, ::2, 1:], "column": base[:, 2, 3], "expanded": torch.randn(3, 1).expand(3, 4),
    "one": torch.tensor([7.0]).expand(5), "permuted": base.permute(1, 2, 0)[2:], "channels_last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "half": base.half().t() if base.dim() == 2 else base.half()[:, 1].t(), "diagonal": torch.randn(4, 4).diagonal(), "unit": base[2:3, :, 4:5],
    "nothing": base[:, 5:], "whole": base,
}
both("strided", strided, strided)
tied = torch.randn(3, 3)
both("shared", {"x": tied, "y": tied, "z": tied[1], "w": tied.t()}, {"x": tied, "y": tied, "z": tied[1], "w": tied.t()})
both("parameters", {key: nn.Parameter(value.float()) for key, value in plain.items()}, plain)
both("data_parallel", nn.DataParallel(module).state_dict(), nn.DataParallel(module).state_dict())
optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3)
sum(p.sum() for p in module.parameters()).backward()
optimizer.step()
state = module.state_dict()
both("wrapped", {"epoch": 3, "model": state, "optimizer": optimizer.state_dict(), "best": 0.5, "name": "x", "done": False, "none": None, "sizes": [(1, 2), torch.Size([3, 4])]}, state)
both("state_dict", {"state_dict": state, "epoch": torch.tensor(4)}, state)
both("model_state", {"model_state": state}, state)

with open(os.path.join(out, "cases.json"), "w") as file:
    json.dump(cases, file)

# What is no state dict.
torch.save({"model": module.conv}, os.path.join(out, "no_module_zip.pth"))
torch.save({"model": module.conv}, os.path.join(out, "no_module_legacy.pth"), _use_new_zipfile_serialization=False)
torch.save({"a": numpy.ones(3)}, os.path.join(out, "no_numpy.pth"))
torch.save({"a": torch.randn(3).to_sparse()}, os.path.join(out, "no_sparse.pth"))
torch.save({"a": torch.randn(3) * 1j}, os.path.join(out, "no_complex.pth"))
torch.save({"a": torch.randn(3), "f": print}, os.path.join(out, "no_function.pth"))
torch.save([1, 2], os.path.join(out, "no_dict.pth"))
torch.save({"epoch": 3, "lr": 0.1}, os.path.join(out, "no_tensors.pth"))
torch.jit.save(torch.jit.script(nn.ReLU()), os.path.join(out, "no_script.pth"))
with open(os.path.join(out, "no_torch.pth"), "wb") as file:
    pickle.dump({"a": 1}, file, protocol=2)
