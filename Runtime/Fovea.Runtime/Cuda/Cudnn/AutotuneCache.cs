using System.Text.Json;
using System.Text.Json.Serialization;
using Fovea.Files;

namespace Fovea.Cuda.Cudnn;

/// <summary>The engine that was fastest for a shape.</summary>
/// <param name="Engine">Engine and knobs; empty where the library does not tell.</param>
/// <param name="Index">Its place among the proposals, which counts where <paramref name="Engine"/> is empty.</param>
/// <param name="WorkspaceBytes">What its plan needed.</param>
/// <param name="Milliseconds">What a run took.</param>
internal sealed record AutotuneChoice(string Engine, int Index, long WorkspaceBytes, float Milliseconds)
{
    /// <summary>Whether this is the choice of a proposal.</summary>
    public bool IsOf(EngineConfig config) =>
        Engine.Length == 0 ? config.Identity.Length == 0 && config.Index == Index : config.Identity == Engine;
}

/// <summary>The cache as it lies on the disk: choices by device, cuDNN and driver, then by shape.</summary>
/// <param name="Format">The version of this layout.</param>
/// <param name="Choices">By machine, then by shape.</param>
internal sealed record AutotuneFile(int Format, SortedDictionary<string, SortedDictionary<string, AutotuneChoice>> Choices);

/// <summary>How the cache is written: without reflection, so that it works ahead of time, too.</summary>
[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(AutotuneFile))]
internal sealed partial class AutotuneJson : JsonSerializerContext;

/// <summary>
/// Remembers which engine was fastest for a shape on a device with a cuDNN and a driver. It only saves time: a file that is absent, damaged
/// or of another layout counts as empty, and one that cannot be written is not.
/// </summary>
internal sealed class AutotuneCache
{
    private const int Format = 1;
    private const string FileName = "cudnn-choices.json";

    private readonly string machine;
    private readonly SortedDictionary<string, AutotuneChoice> choices;
    private readonly HashSet<string> forgotten = new(StringComparer.Ordinal);
    private bool changed;

    /// <summary>Reads what is known.</summary>
    /// <param name="folder">Where the file lies; empty for nowhere.</param>
    /// <param name="machine">Device, cuDNN and driver: choices of others do not count here.</param>
    public AutotuneCache(string folder, string machine)
    {
        this.machine = machine;
        Path = folder.Length == 0 ? "" : System.IO.Path.Combine(folder, FileName);
        choices = Load().GetValueOrDefault(machine) ?? [];
    }

    /// <summary>The environment variable that names the folder.</summary>
    public const string FolderVariable = "FOVEA_CACHE";

    /// <summary>
    /// FOVEA_CACHE, or fovea in XDG_CACHE_HOME, or fovea in the user's local application data; empty where there is none of these. None of
    /// the folders need exist yet.
    /// </summary>
    public static string DefaultFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } chosen)
            {
                return chosen;
            }

            var user = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
                ? xdg
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            return user.Length == 0 ? "" : System.IO.Path.Combine(user, "fovea");
        }
    }

    /// <summary>The file; empty for none.</summary>
    public string Path { get; }

    /// <summary>What a shape's choice was.</summary>
    public AutotuneChoice? Find(in ConvolutionShape shape) => choices.GetValueOrDefault(shape.ToString());

    /// <summary>Remembers a choice; <see cref="Save"/> writes it.</summary>
    public void Remember(in ConvolutionShape shape, AutotuneChoice choice)
    {
        choices[shape.ToString()] = choice;
        forgotten.Remove(shape.ToString());
        changed = true;
    }

    /// <summary>Forgets a choice that no longer holds.</summary>
    public void Forget(in ConvolutionShape shape)
    {
        choices.Remove(shape.ToString());
        changed |= forgotten.Add(shape.ToString());
    }

    /// <summary>Writes what has changed, beside what others have written meanwhile.</summary>
    /// <returns>Whether the file now holds it; a cache that cannot be written is no error.</returns>
    public bool Save()
    {
        if (!changed || Path.Length == 0)
        {
            return !changed;
        }

        var all = Load();
        var mine = all.GetValueOrDefault(machine) ?? [];
        foreach (var shape in forgotten)
        {
            mine.Remove(shape);
        }

        foreach (var (shape, choice) in choices)
        {
            mine[shape] = choice;
        }

        all[machine] = mine;
        try
        {
            var file = new AutotuneFile(Format, all);
            AtomicFile.Write(Path, stream => JsonSerializer.Serialize(stream, file, AutotuneJson.Default.AutotuneFile));
        }
        catch (IOException)
        {
            return false;
        }

        changed = false;
        return true;
    }

    private SortedDictionary<string, SortedDictionary<string, AutotuneChoice>> Load()
    {
        try
        {
            if (Path.Length > 0 && File.Exists(Path))
            {
                using var stream = File.OpenRead(Path);
                var file = JsonSerializer.Deserialize(stream, AutotuneJson.Default.AutotuneFile);
                if (file is { Format: Format, Choices: not null } && file.Choices.Values.All(IsWhole))
                {
                    return file.Choices;
                }
            }
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // As if there were none: it will be written anew.
        }

        return [];
    }

    /// <summary>JSON may hold null where the types say that there is none.</summary>
    private static bool IsWhole(SortedDictionary<string, AutotuneChoice>? of) =>
        of is not null && of.Values.All(c => c is { Engine: not null });
}
