namespace Fovea;

/// <summary>An object that a detector found.</summary>
/// <typeparam name="TClass">The detector's class enum.</typeparam>
/// <param name="Class">What it is.</param>
/// <param name="Score">The sigmoid of its logit, in (threshold, 1).</param>
/// <param name="Box">Where it is, in pixels of the original image.</param>
public readonly record struct Detection<TClass>(TClass Class, float Score, Box Box)
    where TClass : struct, Enum;

/// <summary>A detection by channel number, in pixels of the canvas: what a session yields before classes and image scale are applied.</summary>
/// <param name="Channel">The channel of the logits, which is the class enum's value.</param>
/// <param name="Score">The sigmoid of its logit.</param>
/// <param name="Box">In pixels of the canvas.</param>
public readonly record struct RawDetection(int Channel, float Score, Box Box);
