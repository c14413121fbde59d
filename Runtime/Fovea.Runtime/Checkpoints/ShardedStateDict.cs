using System.Text.Json;

namespace Fovea.Checkpoints;

/// <summary>
/// A checkpoint in several files: <c>*.index.json</c> with a <c>weight_map</c> that says in which file beside it each tensor is. The files
/// may be of any kind that is known.
/// </summary>
/// <remarks>Source: huggingface_hub, serialization (<c>save_torch_state_dict</c>).</remarks>
internal sealed class ShardedStateDict : StateDict
{
    private const string Map = "weight_map";
    private const string Suffix = ".index.json";
    private const int MaxShards = 1000;

    private readonly Dictionary<string, StateDict> shards = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StateTensor> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StateDict> shardOf = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    private ShardedStateDict(string path)
        : base(path)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StateTensor> Tensors => tensors;

    /// <summary>The strings of all shards; of one that several have the first.</summary>
    public override IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Whether a file that begins so is JSON.</summary>
    public static bool IsStart(ReadOnlySpan<byte> start) => start.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>The checkpoint of a folder: its index, or its one safetensors file.</summary>
    /// <exception cref="CheckpointException">It has none, or several.</exception>
    public static string FileOf(string folder)
    {
        try
        {
            var indexes = Directory.GetFiles(folder, "*" + Suffix);
            var files = indexes.Length > 0 ? indexes : Directory.GetFiles(folder, "*.safetensors");
            return files is [var file]
                ? file
                : throw new CheckpointException(
                    folder, $"expected a folder with one *{Suffix}, or one *.safetensors, found {files.Length}: name the file.");
        }
        catch (Exception e) when (e is (IOException or UnauthorizedAccessException) and not CheckpointException)
        {
            throw new CheckpointException(folder, $"cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>Opens an index and all of its shards.</summary>
    /// <param name="content">The index; closed when it is read.</param>
    /// <param name="folder">Where the shards are; null: an index that is no file has none.</param>
    /// <exception cref="CheckpointException">It is no index, or a shard is missing, damaged, or without its tensors.</exception>
    public static ShardedStateDict Open(FileContent content, string? folder)
    {
        using (content)
        {
            var file = new ShardedStateDict(content.Name);
            try
            {
                foreach (var (name, shard) in ReadMap(content))
                {
                    file.Add(name, shard, folder);
                }

                return file;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var shard in shards.Values)
        {
            shard.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Read(StateTensor tensor, Span<byte> destination) => shardOf[tensor.Name].ReadBytes(tensor.Name, destination);

    private static Dictionary<string, string> ReadMap(FileContent content)
    {
        var length = content.LengthUpTo(SafetensorsHeader.MaxLength + 1);
        if (length > SafetensorsHeader.MaxLength)
        {
            throw new CheckpointException(
                content.Name, $"expected an index of shards of at most {SafetensorsHeader.MaxLength} bytes, found {length}: it is of another kind.");
        }

        var json = new byte[length];
        content.Read(0, json, "the index");
        try
        {
            SafetensorsHeader.CheckTokens(json, content.Name);
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Map, out var map)
                || map.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointException(content.Name, $"expected an index of shards with \"{Map}\": {{tensor: file}}, found other JSON.");
            }

            var files = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var tensor in map.EnumerateObject())
            {
                if (tensor.Name.Length > SafetensorsHeader.MaxName || tensor.Value.ValueKind != JsonValueKind.String
                    || !files.TryAdd(tensor.Name, tensor.Value.GetString()!))
                {
                    throw new CheckpointException(
                        content.Name,
                        $"{Map}.{CheckpointException.Shorten(tensor.Name)}: expected each tensor once, with the name of a file, found "
                        + $"{CheckpointException.Shorten(tensor.Value.GetRawText())}.");
                }
            }

            return files;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(content.Name, $"expected an index of shards in JSON, found other text ({e.Message}).", e);
        }
    }

    private void Add(string tensor, string name, string? folder)
    {
        if (!shards.TryGetValue(name, out var shard))
        {
            shard = OpenShard(name, folder);
            shards.Add(name, shard);
            foreach (var (key, value) in shard.Metadata)
            {
                metadata.TryAdd(key, value);
            }
        }

        tensors.Add(tensor, shard.TryFind(tensor, out var found)
            ? found
            : throw new CheckpointException(Path, $"{Map}.{tensor}: expected it in {name}, which has no such tensor."));
        shardOf.Add(tensor, shard);
    }

    private StateDict OpenShard(string name, string? folder)
    {
        if (folder is null)
        {
            throw new CheckpointException(Path, "is an index of shards, which lie in files beside it: load it by its path.");
        }

        // Names of files beside it, and nowhere else.
        if (name.Length is 0 or > 255 || name is "." or ".." || name.AsSpan().ContainsAny("/\\:\0"))
        {
            throw new CheckpointException(
                Path, $"{Map}: expected names of files beside the index, found \"{CheckpointException.Shorten(name)}\".");
        }

        if (shards.Count == MaxShards)
        {
            throw new CheckpointException(Path, $"{Map}: expected at most {MaxShards} files, found more.");
        }

        return StateDictFile.Open(FileContent.Open(System.IO.Path.Combine(folder, name)), folder: null);
    }
}
