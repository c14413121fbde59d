using System;

namespace Fovea;

/// <summary>From scores and offsets to detections.</summary>
/// <remarks>
/// Source: arXiv:1708.02002, section 4.1, "Inference"; torchvision/models/detection/retinanet.py, postprocess_detections.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PostProcessingAttribute : Attribute
{
    /// <summary>Scores must be greater than this; 0 to below 1. Default 0.05.</summary>
    public double ScoreThreshold { get; set; } = 0.05;

    /// <summary>Candidates kept for each level, at least 1. Default 1000.</summary>
    public int TopK { get; set; } = 1000;

    /// <summary>Of two boxes of a class with greater IoU the one with the lower score goes; above 0, at most 1. Default 0.5.</summary>
    public double NmsIoU { get; set; } = 0.5;

    /// <summary>Detections for each image, at least 1. Default 100; 300 in TorchVision, TorchVisionV2 and MlPerf.</summary>
    public int MaxDetections { get; set; } = 100;
}
