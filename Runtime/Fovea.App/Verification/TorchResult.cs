using System.Runtime.InteropServices;
using Fovea.Checkpoints;

namespace Fovea.App.Verification;

/// <summary>What torchvision computed, as its script wrote it.</summary>
internal sealed class TorchResult
{
    private readonly Dictionary<string, (int[] Shape, float[] Values)> tensors = new(StringComparer.Ordinal);

    /// <param name="path">The file.</param>
    /// <param name="id">Of the run whose result it must be.</param>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is of another run.</exception>
    public TorchResult(string path, string id)
    {
        using var file = SafetensorsFile.Open(path);
        if (file.Metadata.GetValueOrDefault("run") is not { } run || run != id)
        {
            throw new InvalidDataException(
                $"{path}: expected what the script wrote for this picture, these weights and these options, found a result of something else. Write the "
                + "script anew and run it (--script-only).");
        }

        Resized = file.Metadata.GetValueOrDefault("resized") ?? "";
        Versions = $"torchvision {file.Metadata.GetValueOrDefault("torchvision")}, torch {file.Metadata.GetValueOrDefault("torch")}";
        foreach (var (name, entry) in file.Tensors.Where(t => t.Key != "labels"))
        {
            tensors.Add(name, (entry.Shape, file.ReadSingles(name)));
        }

        var labels = file.ReadIntegers("labels");
        var scores = Find("scores").Values;
        var boxes = MemoryMarshal.Cast<float, Box>(Find("boxes").Values);
        if (boxes.Length != labels.Length || scores.Length != labels.Length)
        {
            throw new InvalidDataException($"{path}: {labels.Length} labels, {boxes.Length} boxes, {scores.Length} scores: expected as many of each.");
        }

        Detections = new RawDetection[labels.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            Detections[i] = new RawDetection((int)labels[i], scores[i], boxes[i]);
        }

        (int[] Shape, float[] Values) Find(string name) => tensors.TryGetValue(name, out var tensor)
            ? tensor
            : throw new InvalidDataException($"{path}: expected a tensor \"{name}\", found none.");
    }

    /// <summary>Of torchvision and torch, in words.</summary>
    public string Versions { get; }

    /// <summary>Height and width of the picture on the canvas, as <c>120x160</c>.</summary>
    public string Resized { get; }

    /// <summary>In pixels of the picture, best first.</summary>
    public RawDetection[] Detections { get; }

    /// <summary>A tensor; null: there is none of that name.</summary>
    public (int[] Shape, float[] Values)? Find(string name) => tensors.TryGetValue(name, out var tensor) ? tensor : null;
}
