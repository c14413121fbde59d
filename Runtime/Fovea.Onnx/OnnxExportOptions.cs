namespace Fovea;

/// <summary>How much of a detector an ONNX file holds.</summary>
public enum OnnxKind : byte
{
    /// <summary>
    /// All of it, from pictures to detections. In: <c>images</c> (<see cref="OnnxInput"/>). Out, for N pictures with D detections at the
    /// most: <c>boxes</c> float [N, D, 4], x1, y1, x2, y2 in pixels of the picture, best first; <c>scores</c> float [N, D]; <c>labels</c>
    /// int64 [N, D], the classes' channels; <c>num_detections</c> int64 [N]. Places behind the last detection hold 0, 0 and −1.
    /// </summary>
    Detector,

    /// <summary>
    /// The network alone. In: <c>input</c> float [N, 3, H, W], normalised, H and W multiples of 32. Out: <c>logits</c> float [N, ΣHWA, K],
    /// before the sigmoid, and <c>deltas</c> float [N, ΣHWA, 4], dx, dy, dw, dh; both level after level, the finest first, each in the
    /// order (y, x, anchor). The metadata has what it takes to decode them.
    /// </summary>
    Raw,
}

/// <summary>What a complete detector's <c>images</c> are. All pictures of a batch have one size.</summary>
public enum OnnxInput : byte
{
    /// <summary>uint8 [N, H, W, 3], red first: as decoders and cameras give them.</summary>
    Bytes,

    /// <summary>float [N, 3, H, W] of 0 to 1, red first: as torchvision's models take them.</summary>
    Floats,
}

/// <summary>What is exported.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>How much of the detector.</summary>
    public OnnxKind Kind { get; init; }

    /// <summary>What pictures are. Of <see cref="OnnxKind.Detector"/>.</summary>
    public OnnxInput Input { get; init; }

    /// <summary>
    /// Whether pictures of any size are resized in the file, as declared. Else they come resized: as large as a fixed canvas, or of any size where
    /// it varies, which is padded to multiples of 32. Of <see cref="OnnxKind.Detector"/>.
    /// </summary>
    public bool Resize { get; init; } = true;

    /// <summary>
    /// The canvas, sides multiples of 32; null: the declared one. Needed where several are declared and pictures are resized. A variable canvas
    /// (<c>[Resize]</c>) becomes a fixed one by it, which pictures fill as far as their ratio allows.
    /// </summary>
    public CanvasSize? Canvas { get; init; }

    /// <summary>What counts as a detection; null: as declared. Of <see cref="OnnxKind.Detector"/>.</summary>
    public DetectOptions? Detections { get; init; }
}
