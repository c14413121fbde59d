"""Writes a torchvision model with torch.save, and what it gives for an input: write_torchvision.py OUT v1|v2|classifier.


new_zip.pth, old_legacy.pth, wrapped.pth    its state dict, by names of today and of before torchvision 0.12, and beside other things
classifier.pth                              that of a ResNet-18
input.f32                                   [1, 3, H, W]
logits.f32, deltas.f32                      the heads' outputs [1, anchors, K | 4]
c5.f32                                      the backbone's last output [1, C, H / 32, W / 32]
"""
import os
import re
import sys

import torch
import torchvision
from torchvision.models.detection import retinanet_resnet50_fpn, retinanet_resnet50_fpn_v2

out, kind = sys.argv[1], sys.argv[2]
torch.manual_seed(3)
torch.set_num_threads(2)


def old_names(state):
    """torchvision before 0.12: no sequence around a convolution."""
    renamed = {}
    for key, value in state.items():
        key = re.sub(r"(inner_blocks|layer_blocks)\.(\d+)\.0\.", r"\1.\2.", key)
        key = re.sub(r"_head\.conv\.(\d+)\.0\.", lambda m: f"_head.conv.{2 * int(m[1])}.", key)
        renamed[key] = value
    return renamed


def spread(module):
    """Numbers of every kind in every tensor, and outputs that differ from anchor to anchor."""
    with torch.no_grad():
        for name, tensor in list(module.named_parameters()) + list(module.named_buffers()):
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif name.endswith("running_mean") or (tensor.dim() == 1 and name.endswith("bias")):
                tensor.normal_(0, 0.1)
            elif tensor.dim() == 1:
                tensor.uniform_(0.3, 0.7)
            elif name.startswith("head."):
                tensor.normal_(0, 0.03)


def write(name, tensor):
    with open(os.path.join(out, name), "wb") as file:
        file.write(tensor.detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes())


if kind == "classifier":
    model = torchvision.models.resnet18(weights=None)
    spread(model)
    torch.save(model.state_dict(), os.path.join(out, "classifier.pth"), _use_new_zipfile_serialization=False)
    model.eval()
    image = torch.rand(1, 3, 64, 96)
    write("input.f32", image)
    with torch.no_grad():
        x = model.maxpool(model.relu(model.bn1(model.conv1(image))))
        for stage in (model.layer1, model.layer2, model.layer3, model.layer4):
            x = stage(x)
    write("c5.f32", x)
else:
    make = retinanet_resnet50_fpn if kind == "v1" else retinanet_resnet50_fpn_v2
    model = make(weights=None, weights_backbone=None, num_classes=4)
    spread(model)
    model.eval()
    image = torch.rand(1, 3, 96, 128)
    write("input.f32", image)
    with torch.no_grad():
        outputs = model.head(list(model.backbone(image).values()))
    write("logits.f32", outputs["cls_logits"])
    write("deltas.f32", outputs["bbox_regression"])
    state = model.state_dict()
    torch.save(state, os.path.join(out, "new_zip.pth"))
    if kind == "v1":
        torch.save({"epoch": 12, "model": torch.nn.DataParallel(model).state_dict()}, os.path.join(out, "wrapped.pth"))
        torch.save(old_names(state), os.path.join(out, "old_legacy.pth"), _use_new_zipfile_serialization=False)
