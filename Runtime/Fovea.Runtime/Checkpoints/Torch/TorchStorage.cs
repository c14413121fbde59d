namespace Fovea.Checkpoints.Torch;

/// <summary>A storage: elements in a row, which tensors are views of.</summary>
/// <param name="key">Its name in the file.</param>
/// <param name="type">Of its elements.</param>
/// <param name="length">Elements.</param>
internal sealed class TorchStorage(string key, ElementType type, long length)
{
    public string Key { get; } = key;

    public ElementType Type { get; } = type;

    public long Length { get; } = length;

    /// <summary>Its first byte's place in the file; null: not known yet.</summary>
    public long? Place { get; set; }

    /// <summary>Bytes.</summary>
    public long Bytes => Length * Elements.SizeOf(Type);
}

/// <summary>A part of a storage, as torch before 0.4 stored views; today it is all of it.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">Its first element.</param>
/// <param name="Length">Elements.</param>
internal sealed record TorchStorageView(TorchStorage Storage, long Offset, long Length);

/// <summary>A tensor: a view of a storage with steps from one index to the next.</summary>
/// <param name="Name">Its key in the state dict; empty while the pickle is read.</param>
/// <param name="Storage">Its elements.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Offset">Its first element in the storage.</param>
/// <param name="Strides">Elements from one index to the next, for each dimension.</param>
internal sealed record TorchTensor(string Name, TorchStorage Storage, int[] Shape, long Offset, long[] Strides)
    : StateTensor(Name, Storage.Type, Shape)
{
    /// <summary>Elements of the storage from its first to its last; 0 where it has none.</summary>
    public long Extent => Length == 0 ? 0 : 1 + Shape.Zip(Strides, (size, stride) => (size - 1) * stride).Sum();

    /// <summary>Whether the elements lie one after the other in the order of the shape.</summary>
    public bool IsContiguous
    {
        get
        {
            var step = 1L;
            for (var d = Shape.Length - 1; d >= 0; d--)
            {
                if (Shape[d] != 1 && Strides[d] != step)
                {
                    return false;
                }

                step *= Shape[d];
            }

            return true;
        }
    }
}
