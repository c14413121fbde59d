namespace Fovea.Cuda.Cudnn;

/// <summary>
/// A descriptor of cuDNN's backend API: created, given attributes, completed, then used; destroyed on disposal. Each member that fails
/// names the call, the descriptor, the attribute, the status and cuDNN's own explanation.
/// </summary>
internal sealed unsafe class CudnnDescriptor : IDisposable
{
    private readonly ICudnnLibrary library;
    private readonly CudnnDescriptorType type;
    private nint handle;

    /// <summary>An empty descriptor.</summary>
    public CudnnDescriptor(ICudnnLibrary library, CudnnDescriptorType type)
    {
        this.library = library;
        this.type = type;
        CudnnStatus.Check(library, library.CreateDescriptor(type, out handle), $"cudnnBackendCreateDescriptor of {type}");
    }

    /// <summary>cuDNN's pointer.</summary>
    public nint Handle => handle;

    /// <summary>Sets one integer.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, long value) => Set(attribute, CudnnAttributeType.Int64, 1, &value);

    /// <summary>Sets integers.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, ReadOnlySpan<long> values)
    {
        fixed (long* p = values)
        {
            return Set(attribute, CudnnAttributeType.Int64, values.Length, p);
        }
    }

    /// <summary>Sets a float.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, float value) => Set(attribute, CudnnAttributeType.Float, 1, &value);

    /// <summary>Sets a truth value (one byte).</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, bool value)
    {
        var one = value ? (byte)1 : (byte)0;
        return Set(attribute, CudnnAttributeType.Boolean, 1, &one);
    }

    /// <summary>Sets a type of elements.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, CudnnDataType value) => Set(attribute, CudnnAttributeType.DataType, 1, &value);

    /// <summary>Sets the kind of convolution.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, CudnnConvolutionMode value) =>
        Set(attribute, CudnnAttributeType.ConvolutionMode, 1, &value);

    /// <summary>Sets the kind of pointwise operation.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, CudnnPointwiseMode value) =>
        Set(attribute, CudnnAttributeType.PointwiseMode, 1, &value);

    /// <summary>Sets the kind of heuristic.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, CudnnHeuristicMode value) =>
        Set(attribute, CudnnAttributeType.HeuristicMode, 1, &value);

    /// <summary>Sets a completed descriptor.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, CudnnDescriptor value)
    {
        var p = value.handle;
        return Set(attribute, CudnnAttributeType.BackendDescriptor, 1, &p);
    }

    /// <summary>Sets completed descriptors.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, IReadOnlyList<CudnnDescriptor> values)
    {
        var handles = values.Select(v => v.handle).ToArray();
        fixed (nint* p = handles)
        {
            return Set(attribute, CudnnAttributeType.BackendDescriptor, handles.Length, p);
        }
    }

    /// <summary>Sets the context.</summary>
    public CudnnDescriptor Set(CudnnAttribute attribute, CudnnHandle value)
    {
        var p = value.Value;
        return Set(attribute, CudnnAttributeType.Handle, 1, &p);
    }

    /// <summary>Completes the descriptor (cudnnBackendFinalize); from then on it can be used and no longer be changed.</summary>
    public CudnnDescriptor Complete()
    {
        CudnnStatus.Check(library, TryComplete(), $"cudnnBackendFinalize of {type}");
        return this;
    }

    /// <summary>Completes the descriptor where the library can, and returns its status.</summary>
    public int TryComplete() => library.FinalizeDescriptor(handle);

    /// <summary>Reads one integer.</summary>
    public long GetInt64(CudnnAttribute attribute)
    {
        long value = 0;
        Check(TryGet(attribute, CudnnAttributeType.Int64, 1, out _, &value), "cudnnBackendGetAttribute", attribute);
        return value;
    }

    /// <summary>Reads values of any type, or with <paramref name="requested"/> 0 only how many there are; returns cuDNN's status.</summary>
    public int TryGet(CudnnAttribute attribute, CudnnAttributeType attributeType, long requested, out long count, void* values)
    {
        long n = 0;
        var status = library.GetAttribute(handle, attribute, attributeType, requested, &n, values);
        count = n;
        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (handle != 0)
        {
            // A descriptor that does not let itself be destroyed is no reason to lose what is under way.
            _ = library.DestroyDescriptor(handle);
            handle = 0;
        }
    }

    private CudnnDescriptor Set(CudnnAttribute attribute, CudnnAttributeType attributeType, long count, void* values)
    {
        Check(library.SetAttribute(handle, attribute, attributeType, count, values), "cudnnBackendSetAttribute", attribute);
        return this;
    }

    private void Check(int status, string call, CudnnAttribute attribute)
    {
        if (status != CudnnStatus.Success)
        {
            throw CudnnStatus.Failure(library, status, $"{call} of {type}, {attribute},");
        }
    }
}
