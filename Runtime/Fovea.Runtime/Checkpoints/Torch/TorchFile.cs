namespace Fovea.Checkpoints.Torch;

/// <summary>An open file of <c>torch.save</c>: the pickle is read, tensors are read when they are asked for.</summary>
/// <param name="content">The file; closed with this.</param>
/// <param name="tensors">Its state dict; all storages have their places.</param>
internal sealed class TorchFile(FileContent content, IReadOnlyDictionary<string, StateTensor> tensors) : StateDict(content.Name)
{
    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, StateTensor> Tensors => tensors;

    /// <inheritdoc/>
    public override byte[] Hash() => content.Hash();

    /// <inheritdoc/>
    public override void Dispose() => content.Dispose();

    /// <inheritdoc/>
    protected override void Read(StateTensor tensor, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        var view = (TorchTensor)tensor;
        var size = Elements.SizeOf(view.Type);
        var place = view.Storage.Place!.Value + (view.Offset * size);
        if (view.IsContiguous)
        {
            content.Read(place, destination, tensor.Name);
            return;
        }

        // All between its first and its last element: no more than the file has.
        if (view.Extent > Array.MaxLength / size)
        {
            throw new CheckpointException(
                Path, $"{tensor.Name}: expected elements within {Array.MaxLength} bytes, found them within {(Int128)view.Extent * size}.");
        }

        var bytes = new byte[view.Extent * size];
        content.Read(place, bytes, tensor.Name);
        Gather(view, bytes, destination, size);
    }

    /// <summary>Elements in the order of the shape: the last index moves first.</summary>
    private static void Gather(TorchTensor view, ReadOnlySpan<byte> bytes, Span<byte> destination, int size)
    {
        var rank = view.Shape.Length;
        Span<int> index = stackalloc int[SafetensorsHeader.MaxRank];
        var from = 0L;
        for (var to = 0; to < destination.Length; to += size)
        {
            bytes.Slice((int)(from * size), size).CopyTo(destination[to..]);
            for (var d = rank - 1; d >= 0; d--)
            {
                from += view.Strides[d];
                if (++index[d] < view.Shape[d])
                {
                    break;
                }

                from -= view.Shape[d] * view.Strides[d];
                index[d] = 0;
            }
        }
    }
}
