using System.Runtime.InteropServices;

namespace Fovea.Cuda.Cudnn;

/// <summary>cuDNN itself: the backend API's functions of an opened libcudnn.so.9, called through pointers.</summary>
internal sealed unsafe class CudnnLibrary : ICudnnLibrary
{
    private const int MessageBytes = 1024;

    private readonly delegate* unmanaged[Cdecl]<nuint> getVersion;
    private readonly delegate* unmanaged[Cdecl]<int, byte*> getErrorString;
    private readonly delegate* unmanaged[Cdecl]<byte*, nuint, void> getLastErrorString;
    private readonly delegate* unmanaged[Cdecl]<nint*, int> create;
    private readonly delegate* unmanaged[Cdecl]<nint, int> destroy;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, int> setStream;
    private readonly delegate* unmanaged[Cdecl]<int, nint*, int> createDescriptor;
    private readonly delegate* unmanaged[Cdecl]<nint, int> destroyDescriptor;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int, long, void*, int> setAttribute;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int, long, long*, void*, int> getAttribute;
    private readonly delegate* unmanaged[Cdecl]<nint, int> finalizeDescriptor;
    private readonly delegate* unmanaged[Cdecl]<nint, nint, nint, int> execute;

    /// <summary>Finds the functions.</summary>
    /// <param name="library">A handle of <see cref="NativeLibrary"/>; it stays the caller's.</param>
    /// <param name="description">For messages: the file, for example.</param>
    /// <exception cref="CudaException">A function is missing.</exception>
    public CudnnLibrary(nint library, string description)
    {
        Description = description;
        nint Find(string name) => CudnnExports.Find(library, description, name);
        getVersion = (delegate* unmanaged[Cdecl]<nuint>)Find("cudnnGetVersion");
        getErrorString = (delegate* unmanaged[Cdecl]<int, byte*>)Find("cudnnGetErrorString");
        getLastErrorString = (delegate* unmanaged[Cdecl]<byte*, nuint, void>)Find("cudnnGetLastErrorString");
        create = (delegate* unmanaged[Cdecl]<nint*, int>)Find("cudnnCreate");
        destroy = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnDestroy");
        setStream = (delegate* unmanaged[Cdecl]<nint, nint, int>)Find("cudnnSetStream");
        createDescriptor = (delegate* unmanaged[Cdecl]<int, nint*, int>)Find("cudnnBackendCreateDescriptor");
        destroyDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnBackendDestroyDescriptor");
        setAttribute = (delegate* unmanaged[Cdecl]<nint, int, int, long, void*, int>)Find("cudnnBackendSetAttribute");
        getAttribute = (delegate* unmanaged[Cdecl]<nint, int, int, long, long*, void*, int>)Find("cudnnBackendGetAttribute");
        finalizeDescriptor = (delegate* unmanaged[Cdecl]<nint, int>)Find("cudnnBackendFinalize");
        execute = (delegate* unmanaged[Cdecl]<nint, nint, nint, int>)Find("cudnnBackendExecute");
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public nuint GetVersion() => getVersion();

    /// <inheritdoc/>
    public string GetErrorString(int status) => Marshal.PtrToStringUTF8((nint)getErrorString(status)) ?? "unknown status";

    /// <inheritdoc/>
    public string GetLastErrorString()
    {
        var text = stackalloc byte[MessageBytes];
        *text = 0;
        getLastErrorString(text, MessageBytes);
        text[MessageBytes - 1] = 0;
        return Marshal.PtrToStringUTF8((nint)text) ?? "";
    }

    /// <inheritdoc/>
    public int Create(out nint handle)
    {
        fixed (nint* p = &handle)
        {
            return create(p);
        }
    }

    /// <inheritdoc/>
    public int Destroy(nint handle) => destroy(handle);

    /// <inheritdoc/>
    public int SetStream(nint handle, nint stream) => setStream(handle, stream);

    /// <inheritdoc/>
    public int CreateDescriptor(CudnnDescriptorType type, out nint descriptor)
    {
        fixed (nint* p = &descriptor)
        {
            return createDescriptor((int)type, p);
        }
    }

    /// <inheritdoc/>
    public int DestroyDescriptor(nint descriptor) => destroyDescriptor(descriptor);

    /// <inheritdoc/>
    public int SetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long count, void* values) =>
        setAttribute(descriptor, (int)name, (int)type, count, values);

    /// <inheritdoc/>
    public int GetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long requested, long* count, void* values) =>
        getAttribute(descriptor, (int)name, (int)type, requested, count, values);

    /// <inheritdoc/>
    public int FinalizeDescriptor(nint descriptor) => finalizeDescriptor(descriptor);

    /// <inheritdoc/>
    public int Execute(nint handle, nint plan, nint variantPack) => execute(handle, plan, variantPack);
}
