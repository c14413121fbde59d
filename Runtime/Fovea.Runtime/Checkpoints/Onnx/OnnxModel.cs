namespace Fovea.Checkpoints.Onnx;

/// <summary>An open ONNX model: its graph is known, its constants are read when they are asked for.</summary>
/// <remarks>
/// As a state dict it has the file's initialisers under the file's names, which say nothing of what they are: <see cref="OnnxBackbone"/>
/// finds that out by the graph.
/// </remarks>
internal sealed class OnnxModel : StateDict
{
    private readonly FileContent content;
    private readonly OnnxParser parsed;
    private readonly string? folder;
    private readonly Dictionary<string, FileContent> beside = new(StringComparer.Ordinal);

    private OnnxModel(FileContent content, string? folder)
        : base(content.Name)
    {
        (this.content, this.folder) = (content, folder);
        parsed = new OnnxParser(content);
        parsed.Read();
    }

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StateTensor> Tensors => parsed.Tensors;

    /// <summary>Nodes, in the file's order.</summary>
    public IReadOnlyList<OnnxNode> Nodes => parsed.Nodes;

    /// <summary>Names of what goes in, initialisers among them in old files.</summary>
    public IReadOnlyList<string> Inputs => parsed.Inputs;

    /// <summary>Whether a file begins as ONNX models do: with the version of the format, and another field of a ModelProto.</summary>
    /// <remarks>The format has no mark of its own. Every writer writes fields in the order of their numbers.</remarks>
    public static bool IsStart(ReadOnlySpan<byte> start) =>
        start is [0x08, > 0 and < 0x40, 0x12 or 0x1A or 0x22 or 0x28 or 0x32 or 0x3A or 0x42 or 0x72, ..];

    /// <summary>Opens a model, which owns the content from then on.</summary>
    /// <param name="content">The file.</param>
    /// <param name="folder">Where data beside it is; null: there must be none.</param>
    /// <exception cref="CheckpointException">It is no ONNX model, or damaged.</exception>
    public static OnnxModel Open(FileContent content, string? folder) => new(content, folder);

    /// <summary>A constant by its name, whatever its type.</summary>
    /// <exception cref="CheckpointException">Its type is none of those that weights have.</exception>
    public OnnxTensor? Constant(string name) => parsed.Others.TryGetValue(name, out var type)
        ? throw new CheckpointException(
            Path,
            FormattableString.Invariant($"{CheckpointException.Shorten(name)}.data_type: expected FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT32 or INT64, found number {type}."))
        : TryFind(name, out var tensor) ? (OnnxTensor)tensor : null;

    /// <summary>A constant's elements as single precision, also of one that a node has.</summary>
    public float[] Values(OnnxTensor tensor)
    {
        if (tensor.Bytes > Array.MaxLength)
        {
            throw new CheckpointException(Path, $"{tensor.Name}: expected at most {Array.MaxLength} bytes, found {tensor.Bytes}.");
        }

        // Nothing is allocated for elements that are not there.
        var source = tensor.External is { } external ? Beside(external, tensor) : null;
        var bytes = new byte[tensor.Bytes];
        ReadElements(tensor, source, bytes);
        var values = new float[tensor.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)Elements.Number(tensor.Type, bytes, i);
        }

        return values;
    }

    /// <inheritdoc/>
    public override byte[] Hash() => content.Hash();

    /// <inheritdoc/>
    public override void Dispose()
    {
        content.Dispose();
        foreach (var file in beside.Values)
        {
            file.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Read(StateTensor tensor, Span<byte> destination)
    {
        var found = (OnnxTensor)tensor;
        ReadElements(found, found.External is { } external ? Beside(external, found) : null, destination);
    }

    private void ReadElements(OnnxTensor tensor, FileContent? source, Span<byte> destination)
    {
        if (source is not null)
        {
            source.Read(tensor.External!.Offset, destination, tensor.Name);
        }
        else
        {
            parsed.ReadElements(tensor, destination);
        }
    }

    /// <summary>The file of a tensor's elements: one beside the model, no link, and long enough.</summary>
    private FileContent Beside(ExternalData external, OnnxTensor tensor)
    {
        var (name, what) = (external.Location, $"{CheckpointException.Shorten(tensor.Name)}.external_data.location");
        if (folder is null)
        {
            throw new CheckpointException(
                Path, $"{what}: its weights are in another file, {CheckpointException.Shorten(name)}: load the model by its path, or save it with its weights inside.");
        }

        if (name.Length is 0 or > 255 || name is "." or ".." || name.AsSpan().ContainsAny("/\\:\0"))
        {
            throw new CheckpointException(Path, $"{what}: expected the name of a file beside the model, found \"{CheckpointException.Shorten(name)}\".");
        }

        if (!beside.TryGetValue(name, out var file))
        {
            var path = System.IO.Path.Combine(folder, name);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw new CheckpointException(Path, $"{what}: expected a file beside the model, found a link to one elsewhere: put the file itself there.");
            }

            file = FileContent.Open(path);
            beside.Add(name, file);
        }

        if (external.Offset > file.Length() - tensor.Bytes)
        {
            throw new CheckpointException(
                Path,
                FormattableString.Invariant($"{what}: expected {tensor.Bytes} bytes at {external.Offset} of {name}, found a file of {file.Length()} bytes: it is cut off, or of another model."));
        }

        return file;
    }
}
