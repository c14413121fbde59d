using System.Text.Json;
using Fovea.EndToEnd.Goldens;
using Fovea.Tests.Goldens;

namespace Fovea.Gpu.Goldens;

/// <summary>A narrow model's files.</summary>
/// <param name="folder">The goldens'.</param>
/// <param name="id">The fixture's.</param>
internal sealed class GoldenFixture(string folder, string id)
{
    private readonly Dictionary<string, Dictionary<string, GoldenTensor>> files = [];

    /// <summary>The weights' file.</summary>
    public string Weights => PathOf("_weights");

    /// <summary>Input, targets, activations, losses and detections of the run that takes tensors.</summary>
    public Dictionary<string, GoldenTensor> Direct => Tensors("_direct");

    /// <summary>Gradients of that run.</summary>
    public Dictionary<string, GoldenTensor> Gradients => Tensors("_grads");

    /// <summary>The run with batch statistics.</summary>
    public Dictionary<string, GoldenTensor> BatchTraining => Tensors("_bntrain");

    /// <summary>The input.</summary>
    public GoldenTensor Input => Direct["input"];

    /// <summary>The objects of each image.</summary>
    public Target[] Targets =>
    [
        .. Enumerable.Range(0, Input.Shape[0]).Select(n => new Target(
            Direct[$"target.{n}.boxes"].F32, [.. Direct[$"target.{n}.labels"].I64.Select(label => (int)label)])),
    ];

    /// <summary>Sizes to which detections are clipped.</summary>
    public (int Height, int Width)[] ImageSizes
    {
        get
        {
            using var meta = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "meta", id + ".json")));
            var sizes = meta.RootElement.GetProperty("params").GetProperty("image_sizes_hw");
            return [.. sizes.EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32()))];
        }
    }

    /// <summary>Losses with batch statistics.</summary>
    public (double Classification, double Box) BatchLosses
    {
        get
        {
            using var meta = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "meta", id + ".json")));
            var losses = meta.RootElement.GetProperty("params").GetProperty("bn_train").GetProperty("losses");
            return (losses.GetProperty("classification").GetDouble(), losses.GetProperty("bbox_regression").GetDouble());
        }
    }

    /// <summary>Whether the files are there.</summary>
    public bool IsPresent => File.Exists(Weights);

    private string PathOf(string suffix) => Path.Combine(folder, $"{id}{suffix}.safetensors");

    private Dictionary<string, GoldenTensor> Tensors(string suffix)
    {
        if (!files.TryGetValue(suffix, out var tensors))
        {
            tensors = GoldenFile.Read(PathOf(suffix));
            files.Add(suffix, tensors);
        }

        return tensors;
    }
}
