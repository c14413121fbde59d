namespace Fovea;

/// <summary>A picture of a stream with what was found in it.</summary>
/// <typeparam name="TClass">The classes of the detector.</typeparam>
/// <param name="Index">Its place in the stream, from 0.</param>
/// <param name="Image">The picture.</param>
/// <param name="Detections">In pixels of the picture, best first.</param>
public readonly record struct DetectedImage<TClass>(long Index, RgbImage Image, IReadOnlyList<Detection<TClass>> Detections)
    where TClass : struct, Enum;
