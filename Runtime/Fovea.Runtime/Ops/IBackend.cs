using Fovea.Tensors;

namespace Fovea.Backends;

/// <summary>
/// What generated code calls. Operands come in the order sources, parameters, destinations. All activations are NHWC.
/// Letters: N images, H×W cells, C channels, A anchors per cell, K classes, L levels; dv is the gradient of the loss with respect to v.
/// A destination never overlaps a source unless the member says so.
/// </summary>
public partial interface IBackend
{
    /// <summary>Copies host values into a map, in the backend's own type.</summary>
    void Write(FeatureMap map, ReadOnlySpan<float> source);

    /// <summary>Copies a map's values to the host.</summary>
    void Read(FeatureMap map, Span<float> destination);

    /// <summary>Copies host numbers into a record of the arena.</summary>
    void Write(long offset, ReadOnlySpan<float> source);

    /// <summary>Copies host integers into a record of the arena (one element each).</summary>
    void Write(long offset, ReadOnlySpan<int> source);

    /// <summary>Copies a record of the arena to the host.</summary>
    void Read(long offset, Span<float> destination);

    /// <summary>Copies integers of a record of the arena to the host.</summary>
    void Read(long offset, Span<int> destination);

    /// <summary>Marks a value that the session's taps may observe, at the moment when it is complete.</summary>
    void Tap(string layer, FeatureMap value);
}
