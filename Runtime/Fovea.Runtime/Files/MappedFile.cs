using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Files;

/// <summary>A file as memory: what is read of it is copied once, and what is not read costs nothing.</summary>
/// <remarks>
/// A mapped page that is no longer in the file kills the process. Each read therefore looks at the file's length first, so that a file
/// that was cut after it was opened is an exception as with any other stream.
/// </remarks>
internal sealed class MappedFile : UnmanagedMemoryStream
{
    private readonly SafeFileHandle file;
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;

    private MappedFile(FileStream stream, long length)
    {
        file = stream.SafeFileHandle;
        map = MemoryMappedFile.CreateFromFile(stream, null, length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            Initialize(view.SafeMemoryMappedViewHandle, view.PointerOffset, length, FileAccess.Read);
        }
        catch
        {
            view?.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file of at least a byte; a stream of it where it cannot be mapped.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be opened, or is a folder.</exception>
    public static Stream Open(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            return new MappedFile(stream, stream.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Some file systems map nothing, and 32-bit processes no large file.
            stream.Dispose();
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (RandomAccess.GetLength(file) is var length && length < Length)
        {
            throw new IOException(FormattableString.Invariant($"the file was cut from {Length} to {length} bytes while it was read."));
        }

        var count = (int)Math.Clamp(Length - Position, 0, buffer.Length);
        if (count == 0)
        {
            return 0;
        }

        view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(view.PointerOffset + Position), buffer[..count]);
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            view.Dispose();
            map.Dispose();
        }
    }
}
