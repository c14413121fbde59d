using System.Globalization;

namespace Fovea.TestSupport;

/// <summary>
/// Fake addresses in order of allocation. None is given out twice, so an address tells for ever what it belonged to; between two
/// allocations lies a gap that belongs to nothing.
/// </summary>
/// <param name="kind">What the log calls them: alloc or host.</param>
internal sealed class RecordedAllocations(string kind)
{
    private const ulong First = 0x7000_0000_0000;
    private const ulong Alignment = 256;

    private readonly List<Block> blocks = [];
    private readonly Dictionary<string, int> uses = [];
    private ulong next = First;
    private int number;

    public long BytesInUse { get; private set; }

    public long PeakBytes { get; private set; }

    public IEnumerable<string> Live => blocks.Where(block => block.IsLive)
        .Select(block => string.Create(CultureInfo.InvariantCulture, $"{block.Name}: {block.Bytes} bytes"));

    public IEnumerable<nint> LiveAddresses => blocks.Where(block => block.IsLive).Select(block => (nint)block.Address);

    /// <summary>A fresh fake range.</summary>
    public Block Add(long bytes, string? name)
    {
        var block = Add(next, bytes, name);
        next += (((ulong)bytes + Alignment - 1) / Alignment * Alignment) + Alignment;
        return block;
    }

    /// <summary>A range of real memory, which may have belonged to an earlier one.</summary>
    public Block Add(ulong address, long bytes, string? name)
    {
        blocks.RemoveAll(block => !block.IsLive && block.Address < address + (ulong)bytes && address < block.Address + (ulong)block.Bytes);
        var block = new Block(Unique(name), address, bytes);
        number++;
        blocks.Add(block);
        BytesInUse += bytes;
        PeakBytes = Math.Max(PeakBytes, BytesInUse);
        return block;
    }

    /// <summary>Ends a range, by its first byte.</summary>
    public Block Remove(ulong address, string call)
    {
        var block = blocks.LastOrDefault(block => block.Address == address)
            ?? throw Misuse($"{call}: 0x{address:X} is not what an allocation returned");
        if (!block.IsLive)
        {
            throw Misuse($"{call}: {block.Name} was freed before");
        }

        block.IsLive = false;
        BytesInUse -= block.Bytes;
        return block;
    }

    /// <summary>The range that an address belongs to, live or not; null if none.</summary>
    public Block? Find(ulong address) =>
        blocks.LastOrDefault(block => address >= block.Address && address < block.Address + (ulong)block.Bytes);

    /// <summary>The live range that holds so many bytes from an address.</summary>
    public Block Require(ulong address, long bytes, string call)
    {
        var block = Find(address) ?? throw Misuse($"{call}: address 0x{address:X} belongs to no allocation");
        if (!block.IsLive)
        {
            throw Misuse($"{call}: {block.At(address)} was freed");
        }

        var left = block.Bytes - (long)(address - block.Address);
        return bytes <= left
            ? block
            : throw Misuse($"{call}: expected {bytes} bytes at {block.At(address)}, found {left} of its {block.Bytes} left");
    }

    /// <summary>arena, arena2 and so on; alloc3 for the fourth if nobody has named it.</summary>
    private string Unique(string? name)
    {
        if (name is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{kind}{number}");
        }

        var use = uses[name] = uses.GetValueOrDefault(name) + 1;
        return use == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}{use}");
    }

    private static CudaException Misuse(FormattableString message) => new(CudaFailure.Call, FormattableString.Invariant(message) + ".");

    /// <summary>One range.</summary>
    public sealed class Block(string name, ulong address, long bytes)
    {
        public string Name => name;

        public ulong Address => address;

        public long Bytes => bytes;

        public bool IsLive { get; set; } = true;

        /// <summary>For example alloc3+256.</summary>
        public string At(ulong place) => string.Create(CultureInfo.InvariantCulture, $"{name}+{place - address}");
    }
}
