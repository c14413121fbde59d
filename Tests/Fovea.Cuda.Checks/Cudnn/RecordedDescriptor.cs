using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>A descriptor of the recording cuDNN: what was set, until it is complete; those that it names live on in it.</summary>
/// <param name="type">What it describes.</param>
internal sealed unsafe class RecordedDescriptor(CudnnDescriptorType type)
{
    private readonly Dictionary<CudnnAttribute, long[]> numbers = [];
    private readonly Dictionary<CudnnAttribute, RecordedDescriptor[]> parts = [];

    public CudnnDescriptorType Type => type;

    public bool IsComplete { get; set; }

    /// <summary>The descriptors that an attribute names.</summary>
    public RecordedDescriptor[] this[CudnnAttribute name] => parts[name];

    /// <summary>All descriptors that it names.</summary>
    public IEnumerable<RecordedDescriptor> Parts => parts.Values.SelectMany(all => all);

    /// <summary>Integers, enumerators, truth values and addresses as they were set, widened; empty if they were not.</summary>
    public long[] Numbers(CudnnAttribute name) => numbers.GetValueOrDefault(name) ?? [];

    public void Set(CudnnAttribute name, RecordedDescriptor[] values) => parts.Add(name, values);

    /// <summary>Keeps values by their size: 1 byte of a truth value, 8 of an integer or an address, 4 of anything else.</summary>
    public void Set(CudnnAttribute name, CudnnAttributeType attributeType, long count, void* values)
    {
        var all = new long[count];
        for (var i = 0; i < all.Length; i++)
        {
            all[i] = attributeType switch
            {
                CudnnAttributeType.Boolean => ((byte*)values)[i],
                CudnnAttributeType.Int64 or CudnnAttributeType.VoidPointer or CudnnAttributeType.Handle => ((long*)values)[i],
                _ => ((int*)values)[i],
            };
        }

        numbers.Add(name, all);
    }
}
