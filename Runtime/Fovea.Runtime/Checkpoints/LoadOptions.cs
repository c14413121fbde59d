using System.Collections.ObjectModel;
using System.Diagnostics;

namespace Fovea;

/// <summary>How a checkpoint's classes become the detector's.</summary>
public enum ClassMatching : byte
{
    /// <summary>
    /// The file's classes must be the detector's, of the same names on the same channels; else it is an error that says how they differ.
    /// </summary>
    Same,

    /// <summary>
    /// The file's classes must be the detector's, but may lie on other channels: the channels of the classification head are exchanged,
    /// and of a training's state, too. With <see cref="LoadRule.Partial"/> they may also be others, as with
    /// <see cref="LoadRule.ByClassName"/>.
    /// </summary>
    ByName,

    /// <summary>Channel by channel as the file has them, whatever the names are: to train on from weights of other classes.</summary>
    ByChannel,
}

/// <summary>How a checkpoint is read.</summary>
public sealed record LoadOptions
{
    /// <summary>How much of the file must fit: all of it, unless said otherwise.</summary>
    public LoadRule Rule { get; init; }

    /// <summary>
    /// Seed of the first weights that tensors get which the file does not give; null: the one that the detector was made or last
    /// initialised with (0 where it was not).
    /// </summary>
    public ulong? Seed { get; init; }

    /// <summary>
    /// ε of the frozen batch norms that the weights were trained with, where the file does not say: null (the default) takes the file's
    /// metadata, 0 for the published v1 COCO checkpoint (recognised by its SHA-256), else the model's own 1e-5. Models without frozen batch
    /// norms do not accept it.
    /// </summary>
    public float? FrozenBatchNormEpsilon { get; init; }

    /// <summary>
    /// Of an ONNX model: how pixels become its input, which such files do not say. It is folded into the first convolution and its norm, so
    /// that the detector's own pixels (<see cref="ModelDescription.Pixels"/>) stay as declared. Null: torchvision's,
    /// <see cref="PixelNormalization.ImageNet"/>, which is told as a warning; a model that itself changes pixels must be told what they are
    /// before. <see cref="OnnxPreprocessing.Read"/> takes it from a model of preprocessing. Other files do not look at it.
    /// </summary>
    public PixelNormalization? Pixels { get; init; }

    /// <summary>How the file's classes become the detector's. Files that name no classes, as torchvision's, are read by channel.</summary>
    public ClassMatching Classes { get; init; }

    /// <summary>
    /// Classes that have another name now: the name in the file, then the detector's. Others keep theirs. A class that the file has
    /// under neither name is an error, and so is any name with <see cref="ClassMatching.ByChannel"/>, which asks for none.
    /// </summary>
    public IReadOnlyDictionary<string, string> RenamedClasses { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>
    /// Receives what a person should know of a file that is read all the same, one line each; null: it goes to
    /// <see cref="System.Diagnostics.Trace"/>.
    /// </summary>
    public IProgress<string>? Warnings { get; init; }

    /// <summary>Whether classes are found by their names.</summary>
    internal bool IsByName => Classes == ClassMatching.ByName || Rule == LoadRule.ByClassName;

    /// <summary>Whether the file may have other classes than the detector, which are found by their names.</summary>
    internal bool MayHaveOtherClasses => IsByName && Rule is (LoadRule.Partial or LoadRule.ByClassName);

    internal void Warn(string line)
    {
        if (Warnings is { } warnings)
        {
            warnings.Report(line);
        }
        else
        {
            Trace.TraceWarning(line);
        }
    }
}
