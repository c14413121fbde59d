using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Fovea.Files;

namespace Fovea.App.Reports;

/// <summary>
/// <c>args.yaml</c>: what a training was, with all that its numbers depend on. For people, for programs that compare runs, and for
/// <c>--config</c>, which reads <c>options</c>; resuming reads <c>training.safetensors</c> alone.
/// </summary>
internal static class ArgsYaml
{
    /// <summary>Writes the file; the old one is replaced when the new one is complete.</summary>
    /// <param name="path">The file.</param>
    /// <param name="detector">What is trained.</param>
    /// <param name="splits">The data sets by name: train, val, test.</param>
    /// <param name="options">The recipe, with every option as it is.</param>
    /// <param name="given">The command's options, each value as YAML.</param>
    /// <param name="resumedAt">Epochs that were done before this process.</param>
    public static void Write<TClass>(
        string path, Detector<TClass> detector, IReadOnlyList<(string Split, DetectionDataset<TClass> Dataset)> splits,
        TrainerOptions options, IReadOnlyList<(string Name, string Value)> given, int resumedAt)
        where TClass : struct, Enum
    {
        var yaml = new YamlText();
        yaml.Table("environment", () =>
        {
            yaml.Add("fovea", RunFacts.Version);
            yaml.Add("dotnet", RuntimeInformation.FrameworkDescription);
            yaml.Add("os", RunFacts.System);
            yaml.Add("processor", RunFacts.Processor);
            yaml.Add("device", detector.DeviceDescription);
            yaml.Add("written", DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            yaml.Add("command", Environment.GetCommandLineArgs());
        });
        Model(yaml, detector.Description);
        yaml.Table("data", () =>
        {
            foreach (var (split, dataset) in splits)
            {
                Data(yaml, split, dataset);
            }
        });
        yaml.Add("resumed_at_epoch", resumedAt);
        yaml.Table("train", () => yaml.Options(options));
        AtomicFile.Write(path, (byte[])[.. Given(given), .. yaml.Finish()]);
    }

    /// <summary>A table of its own before the rest; its values are YAML already.</summary>
    private static byte[] Given(IReadOnlyList<(string Name, string Value)> options) => options.Count == 0
        ? []
        : Encoding.UTF8.GetBytes($"options:\n{string.Concat(options.Select(o => $"  {o.Name}: {o.Value}\n"))}");

    private static void Model(YamlText yaml, ModelDescription model) => yaml.Table("model", () =>
    {
        yaml.Add("name", model.Name);
        yaml.Add("backbone", model.Backbone);
        yaml.Add("preset", model.Preset);
        yaml.Add("canvas", RunFacts.CanvasOf(model));
        yaml.Add("levels", new[] { model.MinLevel, model.MaxLevel });
        yaml.Add("anchors_per_cell", model.AnchorsPerCell);
        yaml.Add("parameters", model.Tensors.Where(t => t.IsTrainable).Sum(t => (long)t.Length));
        yaml.Add("classes", model.ClassNames);
        yaml.Add("fingerprint", model.Fingerprint);
        yaml.Add("architecture", model.ArchitectureFingerprint);
    });

    private static void Data<TClass>(YamlText yaml, string split, DetectionDataset<TClass> dataset)
        where TClass : struct, Enum => yaml.Table(split, () =>
    {
        yaml.Add("name", dataset.Name);
        yaml.Add("images", dataset.Count);
        yaml.Add("objects", dataset.Report.Objects);
        yaml.Add("sha256", RunFacts.HashOf(dataset));
    });
}
