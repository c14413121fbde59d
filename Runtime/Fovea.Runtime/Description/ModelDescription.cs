using System.ComponentModel;
using Fovea.CompilerServices;

namespace Fovea;

/// <summary>A tensor of the model's state, under torchvision's key.</summary>
/// <param name="Key">For example <c>backbone.body.layer1.0.conv1.weight</c>.</param>
/// <param name="Role">What it is.</param>
/// <param name="Storage">Which buffer.</param>
/// <param name="Offset">First element in that buffer.</param>
/// <param name="Shape">torchvision's shape: [Cout, Cin/groups, R, S] or [C].</param>
/// <param name="Initializer">First values.</param>
/// <param name="InitialValue">The constant, or the standard deviation.</param>
public sealed record TensorInfo(
    string Key,
    [property: EditorBrowsable(EditorBrowsableState.Never)] TensorRole Role,
    [property: EditorBrowsable(EditorBrowsableState.Never)] TensorStorage Storage,
    [property: EditorBrowsable(EditorBrowsableState.Never)] int Offset,
    int[] Shape,
    [property: EditorBrowsable(EditorBrowsableState.Never)] Initializer Initializer,
    [property: EditorBrowsable(EditorBrowsableState.Never)] float InitialValue)
{
    /// <summary>Whether it is learned, in the buffer that has gradients.</summary>
    public bool IsTrainable => Storage == TensorStorage.Trainable;

    /// <summary>Elements.</summary>
    public int Length
    {
        get
        {
            var n = 1;
            foreach (var d in Shape)
            {
                n *= d;
            }

            return n;
        }
    }
}

/// <summary>A row of the architecture table.</summary>
/// <param name="Name">stem, layer1 … layer4, fpn, heads.</param>
/// <param name="Stride">Pixels of the canvas for each cell of its output, of several levels of the finest.</param>
/// <param name="Channels">C of its output, of several outputs (the heads) all together.</param>
/// <param name="Parameters">Elements learned or frozen.</param>
/// <param name="MacsPerImage">Multiply-accumulates for one image of the first declared size (800×800 if none is declared).</param>
public sealed record StageInfo(string Name, int Stride, int Channels, long Parameters, long MacsPerImage);

/// <summary>How images become the network's input.</summary>
/// <param name="Mean">Subtracted from pixels in [0, 1], by channel.</param>
/// <param name="Std">Divides them.</param>
/// <param name="Bgr">Whether the network wants blue first.</param>
/// <param name="Scale">Multiplies pixels in [0, 1] first: 1, or 255 for networks trained on 0…255.</param>
public sealed record PixelNormalization(float[] Mean, float[] Std, bool Bgr, float Scale)
{
    /// <summary>torchvision's: red first, in [0, 1], ImageNet's mean and deviation (torchvision/transforms/_presets.py).</summary>
    public static PixelNormalization ImageNet { get; } = new([0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f], Bgr: false, Scale: 1);
}

/// <summary>A declared canvas, in pixels.</summary>
public readonly record struct CanvasSize(int Width, int Height);

/// <summary>
/// torchvision's resize: the shorter side becomes <paramref name="Min"/> unless the longer one would pass <paramref name="Max"/>.
/// </summary>
public sealed record ResizeInfo(int Min, int Max, ResizeRule Rule);

/// <summary>What the generator knows about a declared detector, as constants.</summary>
public sealed record ModelDescription
{
    /// <summary>The class that was declared.</summary>
    public required string Name { get; init; }

    /// <summary>For example ResNet50.</summary>
    public required string Backbone { get; init; }

    /// <summary>The preset that the declaration started from.</summary>
    public required string Preset { get; init; }

    /// <summary>K names by channel; null where the enum has a gap. Names are <c>[ClassName]</c>'s or the member's.</summary>
    public required string?[] ClassNames { get; init; }

    /// <summary>First pyramid level, 3 by default.</summary>
    public required int MinLevel { get; init; }

    /// <summary>Last pyramid level, 7 by default.</summary>
    public required int MaxLevel { get; init; }

    /// <summary>A.</summary>
    public required int AnchorsPerCell { get; init; }

    /// <summary>Declared canvases, in order; empty where only <see cref="Resize"/> is declared.</summary>
    public required CanvasSize[] InputSizes { get; init; }

    /// <summary>torchvision's variable canvas, or null for fixed canvases.</summary>
    public required ResizeInfo? Resize { get; init; }

    /// <summary>Pixels to input.</summary>
    public required PixelNormalization Pixels { get; init; }

    /// <summary>For each level, finest first.</summary>
    public required AnchorLevel[] Anchors { get; init; }

    /// <summary>From logits to detections.</summary>
    public required PostProcessingRule PostProcessing { get; init; }

    /// <summary>Anchor assignment.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public required MatchingRule Matching { get; init; }

    /// <summary>Every tensor of the state, in torchvision's state_dict order.</summary>
    public required TensorInfo[] Tensors { get; init; }

    /// <summary>
    /// The key of the layer whose output channels are the classes, anchor after anchor; without <c>.weight</c> and <c>.bias</c>.
    /// </summary>
    public required string ClassLayer { get; init; }

    /// <summary>Elements of the gradient buffer and of the parameter buffer's learned part.</summary>
    public required int TrainableLength { get; init; }

    /// <summary>Elements of the parameter buffer.</summary>
    public required int ParameterLength { get; init; }

    /// <summary>Elements of the statistics buffer.</summary>
    public required int StatisticsLength { get; init; }

    /// <summary>Elements of the folded weights.</summary>
    public required int FoldedLength { get; init; }

    /// <summary>Whether the norms are batch norms, which keep num_batches_tracked in a state dict.</summary>
    public required bool TracksBatches { get; init; }

    /// <summary>Whether the backbone's norms are frozen batch norms (their ε may be 0 for one published checkpoint).</summary>
    public required bool FrozenBatchNorm { get; init; }

    /// <summary>The architecture table.</summary>
    public required StageInfo[] Stages { get; init; }

    /// <summary>
    /// Names that sessions accept as taps, in the order of execution: stem, layer1.0 …, C2 … C5, P3 … P7, cls_logits.P3 …,
    /// bbox_regression.P3 ….
    /// </summary>
    public required string[] Layers { get; init; }

    /// <summary>Hash of everything that decides shape and meaning of a checkpoint, the classes' names and channels included.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The same without the classes' names: equal where weights fit, be it with other classes or channels exchanged.</summary>
    public required string ArchitectureFingerprint { get; init; }
}
