"""What PyTorch and torchvision do on this machine, as JSON lines: item, value, unit, note.

  --what versions            versions and devices
  --what peak                the greatest speed of a large bfloat16 matrix product, and of a copy in device memory
  --what eager | compile     RetinaNet over ResNet-50: a training step and inference, channels_last, bfloat16 autocast
  --what rehearse            the lines of eager without numbers; needs no PyTorch
"""

import argparse
import json
import statistics
import time

CLASSES = 91
BOXES = 8


def tell(item, value=None, unit="", note=""):
    print(json.dumps({"item": item, "value": value, "unit": unit, "note": note}), flush=True)


def median_of(work, steps, warm):
    """Milliseconds, as the host waits for the device."""
    import torch

    for _ in range(warm):
        work()
    torch.cuda.synchronize()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def versions():
    import torch
    import torchvision

    tell("torch", note=torch.__version__)
    tell("torchvision", note=torchvision.__version__)
    tell("torch's CUDA", note=str(torch.version.cuda))
    tell("torch's cuDNN", note=str(torch.backends.cudnn.version()))
    tell("torch's device", note=torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none")


def peak(steps):
    import torch

    best = 0.0
    for n in (4096, 8192, 16384):
        a = torch.randn(n, n, device="cuda", dtype=torch.bfloat16)
        b = torch.randn(n, n, device="cuda", dtype=torch.bfloat16)
        milliseconds = median_of(lambda: a @ b, steps, 3)
        speed = 2 * n**3 / milliseconds / 1e9
        best = max(best, speed)
        tell(f"matrix product {n}", speed, "TFLOP/s", f"{milliseconds:.3f} ms")
    tell("matrix peak", best, "TFLOP/s", "bfloat16, measured")
    source = torch.empty(1 << 30, device="cuda", dtype=torch.uint8)
    target = torch.empty_like(source)
    milliseconds = median_of(lambda: target.copy_(source), steps, 3)
    tell("memory copy", 2 * source.numel() / milliseconds / 1e6, "GB/s", "read and written")


def build():
    """As retinanet_resnet50_fpn builds it from pretrained weights: frozen norms, three stages trained; without downloading any."""
    from torchvision.models import resnet50
    from torchvision.models.detection import RetinaNet
    from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
    from torchvision.ops import FrozenBatchNorm2d
    from torchvision.ops.feature_pyramid_network import LastLevelP6P7

    backbone = resnet50(weights=None, norm_layer=FrozenBatchNorm2d)
    backbone = _resnet_fpn_extractor(backbone, 3, returned_layers=[2, 3, 4], extra_blocks=LastLevelP6P7(256, 256))
    return RetinaNet(backbone, CLASSES)


def targets_of(batch, size):
    import torch

    corner = torch.rand(batch, BOXES, 2) * 0.6 * size
    extent = (0.1 + 0.3 * torch.rand(batch, BOXES, 2)) * size
    boxes = torch.cat([corner, corner + extent], dim=2).cuda()
    labels = (torch.arange(BOXES) % 3).cuda()
    return [{"boxes": boxes[i], "labels": labels} for i in range(batch)]


def benchmark(what, batch, size, steps):
    import torch

    torch.backends.cudnn.benchmark = True
    torch.manual_seed(1)
    model = build()
    model.transform.min_size = (size,)
    model.transform.max_size = size
    model = model.cuda().to(memory_format=torch.channels_last)
    if what == "compile":
        # The parts that multiply; around them torchvision works on lists whose lengths depend on the data.
        model.backbone = torch.compile(model.backbone)
        model.head = torch.compile(model.head)
    images = list(torch.rand(batch, 3, size, size, device="cuda").contiguous(memory_format=torch.channels_last))
    targets = targets_of(batch, size)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-3, momentum=0.9)

    def train():
        with torch.autocast("cuda", dtype=torch.bfloat16):
            loss = sum(model(images, targets).values())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def detect():
        with torch.no_grad(), torch.autocast("cuda", dtype=torch.bfloat16):
            model(images)

    name = f"torchvision {what}"
    for part, work in (("training", train), ("inference", detect)):
        model.train(part == "training")
        torch.cuda.reset_peak_memory_stats()
        try:
            report(f"{name} {part} {size}×{size}", batch, median_of(work, steps, 6), torch.cuda.max_memory_allocated())
        except Exception as error:  # The other part may still run.
            tell(f"{name} {part}", note=f"failed: {type(error).__name__}: {error}"[:400])


def report(item, batch, milliseconds, memory):
    tell(item, milliseconds, "ms", f"batch {batch}")
    tell(f"{item}, speed", None if milliseconds is None else batch * 1000 / milliseconds, "images/s")
    tell(f"{item}, memory", None if memory is None else memory / (1 << 20), "MiB", "allocated at most")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--what", choices=["versions", "peak", "eager", "compile", "rehearse"], required=True)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=800)
    parser.add_argument("--steps", type=int, default=30)
    options = parser.parse_args()
    if options.what == "versions":
        versions()
    elif options.what == "peak":
        peak(options.steps)
    elif options.what == "rehearse":
        report(f"torchvision rehearse training {options.size}×{options.size}", options.batch, None, None)
    else:
        benchmark(options.what, options.batch, options.size, options.steps)


if __name__ == "__main__":
    main()
