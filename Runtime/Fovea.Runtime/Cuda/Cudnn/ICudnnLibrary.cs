namespace Fovea.Cuda.Cudnn;

/// <summary>
/// What Fovea needs of cuDNN's backend (graph) API: names, parameters and statuses are cuDNN's own. Nothing is checked here;
/// <see cref="CudnnDescriptor"/> and <see cref="CudnnStatus"/> do.
/// </summary>
internal unsafe interface ICudnnLibrary
{
    /// <summary>The library in words, for logs and messages.</summary>
    string Description { get; }

    /// <summary>cudnnGetVersion: major · 10000 + minor · 100 + patch since 9.0.</summary>
    nuint GetVersion();

    /// <summary>cudnnGetErrorString: a status by name.</summary>
    string GetErrorString(int status);

    /// <summary>cudnnGetLastErrorString: what the last failed call of this thread has to say, or nothing.</summary>
    string GetLastErrorString();

    /// <summary>cudnnCreate.</summary>
    int Create(out nint handle);

    /// <summary>cudnnDestroy; waits for the device.</summary>
    int Destroy(nint handle);

    /// <summary>cudnnSetStream.</summary>
    int SetStream(nint handle, nint stream);

    /// <summary>cudnnBackendCreateDescriptor.</summary>
    int CreateDescriptor(CudnnDescriptorType type, out nint descriptor);

    /// <summary>cudnnBackendDestroyDescriptor.</summary>
    int DestroyDescriptor(nint descriptor);

    /// <summary>cudnnBackendSetAttribute.</summary>
    int SetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long count, void* values);

    /// <summary>cudnnBackendGetAttribute.</summary>
    int GetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long requested, long* count, void* values);

    /// <summary>cudnnBackendFinalize.</summary>
    int FinalizeDescriptor(nint descriptor);

    /// <summary>cudnnBackendExecute.</summary>
    int Execute(nint handle, nint plan, nint variantPack);
}
