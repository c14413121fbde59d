"""Runs a detector of Fovea's in torchvision, on one picture, and writes what its parts compute.

Written by `verify --torch`, which reads the result and compares. Needs torchvision 0.13 or later.
Beside this file lie the weights (a state dict) and the picture (rows of red, green, blue bytes).
"""

import functools
import hashlib
import json
import os
import struct
import sys

CONFIG = json.loads(r'''@CONFIG@''')

try:
    import torch
    import torchvision
    from torch import nn
    from torch.nn import functional as F
    from torchvision.models import resnet
    from torchvision.models._utils import IntermediateLayerGetter
    from torchvision.models.detection import RetinaNet
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.retinanet import RetinaNetHead
    from torchvision.models.detection.transform import GeneralizedRCNNTransform
    from torchvision.ops import FrozenBatchNorm2d
    from torchvision.ops.feature_pyramid_network import ExtraFPNBlock, FeaturePyramidNetwork, LastLevelP6P7
except ImportError as error:
    sys.exit(f"this Python ({sys.executable}) cannot import what is needed: {error}. "
             "Install torch and torchvision 0.13 or later, or name another Python.")


def norm_layer(norm):
    if norm["kind"] == "group":
        return functools.partial(nn.GroupNorm, norm["groups"])
    return FrozenBatchNorm2d if norm["kind"] == "frozen" else nn.BatchNorm2d


class Body(resnet.ResNet):
    """torchvision's residual network, which is always 64 wide and of four stages, with another width and as many stages as are used."""

    def __init__(self, block, blocks, width, groups, width_per_group, norm):
        nn.Module.__init__(self)
        self._norm_layer, self.inplanes, self.dilation, self.groups, self.base_width = norm, width, 1, groups, width_per_group
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for stage, count in enumerate(blocks):
            layer = self._make_layer(block, width << stage, count, stride=1 if stage == 0 else 2)
            self.add_module(f"layer{stage + 1}", layer)


class LastLevelP6(ExtraFPNBlock):
    """LastLevelP6P7 without P7."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.p6 = nn.Conv2d(in_channels, out_channels, 3, 2, 1)
        self.use_P5 = True

    def forward(self, p, c, names):
        return p + [self.p6(p[-1] if self.use_P5 else c[-1])], names + ["p6"]


class Backbone(nn.Module):
    """torchvision's BackboneWithFPN, which puts a level on top where none is wanted."""

    def __init__(self, body, pyramid):
        super().__init__()
        first, last = pyramid["min_level"], min(pyramid["max_level"], 5)
        self.body = IntermediateLayerGetter(body, {f"layer{l - 1}": str(l) for l in range(first, last + 1)})
        extra = None
        if pyramid["max_level"] > 5:
            top = pyramid["channels"] if pyramid["p6_from_p5"] else pyramid["inputs"][-1]
            extra = (LastLevelP6P7 if pyramid["max_level"] == 7 else LastLevelP6)(top, pyramid["channels"])
            extra.use_P5 = pyramid["p6_from_p5"]
        self.fpn = FeaturePyramidNetwork(pyramid["inputs"], pyramid["channels"], extra)
        self.out_channels = pyramid["channels"]

    def forward(self, x):
        return self.fpn(self.body(x))


def head_of(head, channels):
    norm = norm_layer(head["norm"]) if head["norm"] else None
    made = RetinaNetHead(channels, head["anchors"], head["classes"], **({"norm_layer": norm} if norm else {}))
    if head["depth"] == 4 and head["width"] == channels:
        return made
    width = head["width"]
    for sub, name, outputs in ((made.classification_head, "cls_logits", head["classes"]), (made.regression_head, "bbox_reg", 4)):
        sub.conv = nn.Sequential(*(
            nn.Sequential(*[nn.Conv2d(channels if i == 0 else width, width, 3, 1, 1, bias=norm is None), *([norm(width)] if norm else []), nn.ReLU()])
            for i in range(head["depth"])))
        setattr(sub, name, nn.Conv2d(width, head["anchors"] * outputs, 3, 1, 1))
    return made


class Letterbox(GeneralizedRCNNTransform):
    """A fixed canvas, which a picture fills as far as its ratio allows; torchvision has none of that kind."""

    def resize(self, image, target=None):
        return F.interpolate(image[None], size=CONFIG["letterbox"]["picture"], mode="bilinear", align_corners=False)[0], target

    def batch_images(self, images, size_divisible=32):
        height, width = CONFIG["letterbox"]["canvas"]
        batch = images[0].new_zeros((len(images), 3, height, width))
        for canvas, image in zip(batch, images):
            canvas[:, :image.shape[1], :image.shape[2]] = image
        return batch


def build():
    body, norm = CONFIG["body"], norm_layer(CONFIG["body"]["norm"])
    block = resnet.Bottleneck if body["bottleneck"] else resnet.BasicBlock
    if body["width"] == 64 and len(body["blocks"]) == 4:
        network = resnet.ResNet(
            block, body["blocks"], groups=body["groups"], width_per_group=body["width_per_group"], norm_layer=norm)
    else:
        network = Body(block, body["blocks"], body["width"], body["groups"], body["width_per_group"], norm)
    backbone, rule, transform = Backbone(network, CONFIG["pyramid"]), CONFIG["post_processing"], CONFIG["transform"]
    anchors = AnchorGenerator(
        tuple(tuple(level["sizes"]) for level in CONFIG["anchors"]), tuple(tuple(level["ratios"]) for level in CONFIG["anchors"]))
    model = RetinaNet(
        backbone, CONFIG["head"]["classes"], min_size=transform["min"], max_size=transform["max"], image_mean=transform["mean"],
        image_std=transform["std"], anchor_generator=anchors, head=head_of(CONFIG["head"], backbone.out_channels),
        score_thresh=rule["score_threshold"], nms_thresh=rule["nms_iou"], detections_per_img=rule["max_detections"],
        topk_candidates=rule["top_k"])
    if CONFIG["letterbox"]:
        model.transform = Letterbox(transform["min"], transform["max"], transform["mean"], transform["std"])
    return model.eval()


def read(name):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "rb") as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != CONFIG["sha256"][name]:
        sys.exit(f"{path} is not the file that belongs to this script: write both anew.")
    return path, content


def load(model, path):
    try:
        state = torch.load(path, weights_only=True)
    except TypeError:  # before 1.13 there was no such argument
        state = torch.load(path)
    model.load_state_dict(state, strict=True)


def write(path, tensors, metadata):
    """safetensors: the length of a header of JSON, the header, the values."""
    header, offset, values = {"__metadata__": metadata}, 0, []
    for name, tensor in tensors.items():
        value = tensor.detach().cpu().contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [offset, offset + len(value)]}
        values.append(value)
        offset += len(value)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".partial", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values))
    os.replace(path + ".partial", path)


def main():
    found = {}  # hooks give nothing back: what they return would take the output's place
    model = build()
    load(model, read(CONFIG["weights"])[0])
    height, width = CONFIG["picture_size"]
    pixels = torch.frombuffer(bytearray(read(CONFIG["picture"])[1]), dtype=torch.uint8)
    picture = pixels.reshape(height, width, 3).permute(2, 0, 1).float() / 255
    model.transform.register_forward_hook(lambda _, __, out: found.update(
        input=out[0].tensors, resized=out[0].image_sizes[0]))
    model.backbone.register_forward_hook(lambda _, __, out: found.update(
        {f"P{CONFIG['pyramid']['min_level'] + i}": level for i, level in enumerate(out.values())}))
    model.head.register_forward_hook(lambda _, __, out: found.update(logits=out["cls_logits"], deltas=out["bbox_regression"]))
    with torch.no_grad():
        detections = model([picture])[0]
    resized = found.pop("resized")
    result = os.path.splitext(os.path.abspath(__file__))[0] + ".safetensors"
    write(result, {"labels": detections["labels"], "boxes": detections["boxes"], "scores": detections["scores"], **found},
          {"run": CONFIG["run"], "resized": "{}x{}".format(*resized), "torch": torch.__version__, "torchvision": torchvision.__version__})
    print(f"wrote {result}")


if __name__ == "__main__":
    main()
