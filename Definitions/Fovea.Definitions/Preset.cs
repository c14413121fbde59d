namespace Fovea;

/// <summary>Where every value comes from that a declaration does not give. The documentation of each attribute lists its values.</summary>
public enum Preset
{
    /// <summary>
    /// The default, to train from scratch: torchvision's geometry, batch norm with batch statistics, nothing frozen, uncovered ground truth
    /// skipped in matching,
    /// 100 detections for each image.
    /// </summary>
    Fovea,

    /// <summary>
    /// torchvision 0.14's <c>retinanet_resnet50_fpn</c>, number for number: frozen batch norm, stem and layer1 frozen, P6 from P5, L1, 300
    /// detections.
    /// </summary>
    TorchVision,

    /// <summary>
    /// torchvision's <c>retinanet_resnet50_fpn_v2</c>, trained from scratch: batch norm, P6 from C5, heads with group norm, GIoU, 300
    /// detections.
    /// </summary>
    TorchVisionV2,

    /// <summary>
    /// Lin et al., arXiv:1708.02002: frozen batch norm, P6 from C5, unrounded anchors with strides 8 … 128, smooth L1, 100 detections.
    /// </summary>
    Paper,

    /// <summary>
    /// Detectron2's RetinaNet configurations: as <see cref="Paper"/> with its anchor order, running-mean normaliser and BGR pixels of 0 …
    /// 255.
    /// </summary>
    Detectron2,

    /// <summary>MLPerf's reference: as <see cref="TorchVision"/> with ResNeXt-50-32x4d on fixed canvases of 800×800.</summary>
    MlPerf,
}
