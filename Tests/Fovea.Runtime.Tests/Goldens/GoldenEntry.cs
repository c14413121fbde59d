using System.Text.Json;
using Xunit.Abstractions;

namespace Fovea.Tests.Goldens;

/// <summary>
/// One fixture of the goldens' manifest. A test begins with <see cref="Require"/>, which skips with a reason where the goldens are absent.
/// Serialised by its id, so that each entry is a test of its own in every runner.
/// </summary>
public sealed class GoldenEntry : IXunitSerializable
{
    private JsonDocument? meta;

    /// <summary>For the runner only.</summary>
    public GoldenEntry()
    {
    }

    internal GoldenEntry(string id, string kind, string metaPath, string[] files)
    {
        Id = id;
        Kind = kind;
        MetaPath = metaPath;
        Files = files;
    }

    public string Id { get; private set; } = "";

    public string Kind { get; private set; } = "";

    /// <summary>File names as listed in the manifest.</summary>
    public string[] Files { get; private set; } = [];

    /// <summary>Parameters, notes, tensor docs: the parsed <c>meta/{id}.json</c>.</summary>
    public JsonDocument Meta => meta ??= JsonDocument.Parse(MetaBytes());

    /// <summary><c>params</c> of <see cref="Meta"/>.</summary>
    public JsonElement Params => Meta.RootElement.GetProperty("params");

    /// <summary>Why this entry stands for absent goldens, or null.</summary>
    public string? Absent { get; private set; }

    private string MetaPath { get; set; } = "";

    /// <summary><c>meta/{id}.json</c> as it lies there.</summary>
    public byte[] MetaBytes() => File.ReadAllBytes(Path.Combine(GoldenManifest.Folder, MetaPath));

    /// <summary>Skips the test, with the reason, where there are no goldens.</summary>
    public GoldenEntry Require()
    {
        Skip.If(Absent is not null, Absent);
        return this;
    }

    /// <summary>Whether the entry lists <c>{id}{suffix}.safetensors</c>.</summary>
    public bool Has(string suffix) => Files.Contains($"{Id}{suffix}.safetensors");

    /// <summary>The tensors of <c>{id}{suffix}.safetensors</c>, by name.</summary>
    public Dictionary<string, GoldenTensor> Tensors(string suffix = "") => GoldenFile.Read(PathOf($"{suffix}.safetensors"));

    /// <summary>The parsed <c>{id}{suffix}.json</c>.</summary>
    public JsonDocument Json(string suffix = "") => JsonDocument.Parse(File.ReadAllBytes(PathOf($"{suffix}.json")));

    /// <summary>The path of <c>{id}{suffix}</c>; the suffix includes the extension.</summary>
    public string PathOf(string suffix)
    {
        var file = Id + suffix;
        return Files.Contains(file)
            ? Path.Combine(GoldenManifest.Folder, file)
            : throw new FileNotFoundException($"Golden {Id}: no file {file}; the manifest lists {string.Join(", ", Files)}.");
    }

    public void Serialize(IXunitSerializationInfo info)
    {
        info.AddValue("id", Id);
        info.AddValue("kind", Kind);
    }

    public void Deserialize(IXunitSerializationInfo info)
    {
        var id = info.GetValue<string>("id");
        var found = GoldenManifest.All.FirstOrDefault(e => e.Id == id) ?? MissingFor(info.GetValue<string>("kind"));
        (Id, Kind, MetaPath, Files, Absent) = (found.Id, found.Kind, found.MetaPath, found.Files, found.Absent);
    }

    public override string ToString() => Absent is null ? Id : "absent";

    internal static GoldenEntry MissingFor(string kind) => new()
    {
        Kind = kind,
        Absent = GoldenManifest.Found
            ? $"The manifest in {GoldenManifest.Folder} has no entry of kind '{kind}'."
            : $"No goldens: there is no manifest.json in {GoldenManifest.Folder}; set FOVEA_GOLDENS.",
    };
}
