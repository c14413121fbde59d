using System;

namespace Fovea;

/// <summary>The two heads (classes and boxes), whose weights all levels share.</summary>
/// <remarks>
/// Source: arXiv:1708.02002, section 4, "Classification Subnet" and "Box Regression Subnet"; torchvision/models/detection/retinanet.py.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class HeadAttribute : Attribute
{
    /// <summary>3×3 convolutions before the last one, 1 to 16. Default 4.</summary>
    public int Depth { get; set; } = 4;

    /// <summary>Their channels, 1 to 4096. Default: <see cref="PyramidAttribute.Channels"/>, which is 256.</summary>
    public int Width { get; set; } = 256;

    /// <summary>
    /// The norm behind each of them. Default: <see cref="HeadNorm.None"/>; <see cref="HeadNorm.GroupNorm"/> in TorchVisionV2.
    /// </summary>
    public HeadNorm Norm { get; set; } = HeadNorm.None;

    /// <summary>Groups of the group norm; they must divide <see cref="Width"/>. Default 32.</summary>
    public int Groups { get; set; } = 32;

    /// <summary>
    /// π, the probability of an object that the classification head starts with: its bias is −log((1 − π)/π). Between 0 and 1; default 0.01
    /// (arXiv:1708.02002, section 4.1, "Initialization").
    /// </summary>
    public double Prior { get; set; } = 0.01;
}

/// <summary>The norm behind each convolution of the heads.</summary>
public enum HeadNorm
{
    /// <summary>None; the convolutions have biases.</summary>
    None,

    /// <summary>Group norm, ε 1e-5; the convolutions have no biases.</summary>
    GroupNorm,
}
