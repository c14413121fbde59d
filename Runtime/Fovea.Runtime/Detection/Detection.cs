using System.Globalization;

namespace Fovea;

/// <summary>One object that a detector found.</summary>
/// <typeparam name="TClass">The classes of the detector.</typeparam>
/// <param name="Class">What it is.</param>
/// <param name="Score">The sigmoid of its logit, 0 … 1.</param>
/// <param name="Box">Where it is, in pixels of the image that was given.</param>
public readonly record struct Detection<TClass>(TClass Class, float Score, Box Box)
    where TClass : struct, Enum
{
    /// <summary>"Class 0.98 [x1, y1, x2, y2]", invariant culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class} {Score:0.00} {Box}");
}

/// <summary>
/// A detection by channel number, in pixels of the canvas: what a session yields before classes and image scale are applied.
/// </summary>
/// <param name="Channel">The channel of the logits, which is the class enum's value.</param>
/// <param name="Score">The sigmoid of its logit.</param>
/// <param name="Box">In pixels of the canvas.</param>
public readonly record struct RawDetection(int Channel, float Score, Box Box);
