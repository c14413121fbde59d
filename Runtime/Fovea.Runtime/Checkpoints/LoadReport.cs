namespace Fovea;

/// <summary>A tensor of the detector that a checkpoint did not give, or not whole: it has first weights there.</summary>
/// <param name="Name">The detector's key.</param>
/// <param name="Expected">Its shape, or its classes.</param>
/// <param name="Found">What the file has in its place; null: nothing.</param>
public sealed record InitializedTensor(string Name, string Expected, string? Found);

/// <summary>What a detector has taken from a checkpoint, and what not.</summary>
/// <param name="File">The checkpoint.</param>
/// <param name="Loaded">Tensors of the detector that are the file's, as a whole.</param>
/// <param name="Initialized">Tensors that have first weights, in the order of the state dict; none with <see cref="LoadRule.Exact"/>.</param>
/// <param name="Ignored">Tensors of the file that the detector has no use for, by the file's names; none with <see cref="LoadRule.Exact"/>.</param>
public sealed record LoadReport(
    string File, int Loaded, IReadOnlyList<InitializedTensor> Initialized, IReadOnlyList<string> Ignored);
