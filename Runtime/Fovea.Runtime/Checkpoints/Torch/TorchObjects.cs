namespace Fovea.Checkpoints.Torch;

/// <summary>What a state dict of torch is made of: ordered dicts, sizes, storages, and tensors as views of them.</summary>
/// <remarks>Source: torch/_utils.py (_rebuild_tensor_v2, _rebuild_parameter), torch/serialization.py (persistent_id).</remarks>
/// <param name="place">Says where a new storage lies, where that is known before the pickle is read.</param>
internal sealed class TorchObjects(Action<TorchStorage>? place = null) : IPickleObjects
{
    private static readonly Dictionary<string, object> Globals = new(StringComparer.Ordinal)
    {
        ["collections.OrderedDict"] = Function.OrderedDict,
        ["torch.Size"] = Function.Size,
        ["torch._utils._rebuild_tensor"] = Function.Tensor,
        ["torch._utils._rebuild_tensor_v2"] = Function.Tensor,
        ["torch._utils._rebuild_parameter"] = Function.Parameter,
        ["torch.DoubleStorage"] = ElementType.F64,
        ["torch.FloatStorage"] = ElementType.F32,
        ["torch.HalfStorage"] = ElementType.F16,
        ["torch.BFloat16Storage"] = ElementType.BF16,
        ["torch.LongStorage"] = ElementType.I64,
        ["torch.IntStorage"] = ElementType.I32,
        ["torch.ShortStorage"] = ElementType.I16,
        ["torch.CharStorage"] = ElementType.I8,
        ["torch.ByteStorage"] = ElementType.U8,
        ["torch.BoolStorage"] = ElementType.BOOL,
    };

    private readonly Dictionary<string, TorchStorage> storages = new(StringComparer.Ordinal);

    private enum Function
    {
        OrderedDict,
        Size,
        Tensor,
        Parameter,
    }

    /// <summary>The storages that the pickle has named, by key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => storages;

    public object? FindGlobal(string name) => Globals.GetValueOrDefault(name);

    public object? Call(object? function, object?[] arguments) => (function, arguments) switch
    {
        (Function.OrderedDict, []) => new PickleDict(),
        (Function.OrderedDict, [PickleList pairs]) => new PickleDict(pairs),
        (Function.Size, [PickleTuple size]) => size,
        (Function.Tensor, [TorchStorageView storage, long offset, PickleTuple size, PickleTuple strides, ..]) =>
            Tensor(storage, offset, size.Items, strides.Items),
        (Function.Parameter, [TorchTensor tensor, ..]) => tensor,
        (Function, _) => throw new PickleException($"{function}: expected other arguments than the {arguments.Length} found."),
        _ => throw new PickleException("expected a global to call, found another value."),
    };

    public object Persistent(object?[] id) => id switch
    {
        ["storage", ElementType type, string key, string, long length] => All(Storage(key, type, length)),
        ["storage", ElementType type, string key, string, long length, null] => All(Storage(key, type, length)),
        ["storage", ElementType type, string key, string, long length, PickleTuple { Items: [string, long offset, long part] }] =>
            Part(Storage(key, type, length), offset, part),
        ["module", ..] => throw new PickleException(
            "expected a state dict, found a whole module. Save only the state dict: torch.save(model.state_dict(), file)."),
        _ => throw new PickleException("expected a storage with type, key, location and length as a persistent id, found another."),
    };

    private static TorchStorageView All(TorchStorage storage) => new(storage, 0, storage.Length);

    private static TorchStorageView Part(TorchStorage storage, long offset, long length) =>
        offset >= 0 && length >= 0 && length <= storage.Length && offset <= storage.Length - length
            ? new TorchStorageView(storage, offset, length)
            : throw new PickleException(
                $"storage \"{CheckpointException.Shorten(storage.Key)}\": expected a view within its {storage.Length} elements, "
                + $"found {length} from {offset} on.");

    private static TorchTensor Tensor(TorchStorageView view, long offset, object?[] size, object?[] strides)
    {
        if (size.Length > SafetensorsHeader.MaxRank || strides.Length != size.Length)
        {
            throw new PickleException(
                $"expected a tensor of at most {SafetensorsHeader.MaxRank} dimensions with a stride for each, found {size.Length} and "
                + $"{strides.Length}.");
        }

        var shape = Array.ConvertAll(size, d => (int)Number(d, int.MaxValue, "dimensions"));
        var steps = Array.ConvertAll(strides, s => Number(s, long.MaxValue, "strides"));
        Number(offset, long.MaxValue, "an offset");
        var (length, last) = (1L, (Int128)offset);
        for (var d = 0; d < shape.Length; d++)
        {
            if (shape[d] > 0 && length > long.MaxValue / Elements.SizeOf(view.Storage.Type) / shape[d])
            {
                throw new PickleException($"expected a tensor that fits into memory, found {StateTensor.Text(shape)}.");
            }

            length *= shape[d];
            last += (Int128)Math.Max(0, shape[d] - 1) * steps[d];
        }

        return length == 0 || last < view.Length
            ? new TorchTensor("", view.Storage, shape, view.Offset + offset, steps)
            : throw new PickleException(
                $"a tensor {StateTensor.Text(shape)} ends at element {last} of a storage (\"{CheckpointException.Shorten(view.Storage.Key)}\") of "
                + $"{view.Length}.");
    }

    private static long Number(object? value, long max, string what) => value is long number and >= 0 && number <= max
        ? number
        : throw new PickleException($"expected {what} of a tensor from 0 to {max}, found {(value is long other ? other : "another value")}.");

    private TorchStorage Storage(string key, ElementType type, long length)
    {
        if (length < 0 || length > long.MaxValue / Elements.SizeOf(type) || key.Length > SafetensorsHeader.MaxName)
        {
            throw new PickleException($"storage \"{CheckpointException.Shorten(key)}\": expected a length of 0 or more, found {length}.");
        }

        if (!storages.TryGetValue(key, out var storage))
        {
            storage = new TorchStorage(key, type, length);
            place?.Invoke(storage);
            storages.Add(key, storage);
        }

        return storage.Type == type && storage.Length == length
            ? storage
            : throw new PickleException(
                $"storage \"{key}\": expected {storage.Type} of {storage.Length} elements as before, found {type} of {length}.");
    }
}
