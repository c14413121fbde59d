using System.Globalization;
using System.Text;

namespace Fovea.Cuda.Cudnn;

/// <summary>An engine with its settings, as a heuristic proposes it.</summary>
/// <param name="Descriptor">The engine configuration.</param>
/// <param name="Index">Its place among the proposals: A's, then the fallback's.</param>
/// <param name="Identity">Engine and knobs, for example <c>engine 34 knobs 6=1 10=3</c>; empty where the library does not tell.</param>
/// <param name="Notes">Bit n is set for numerical note n.</param>
/// <param name="Behavior">Bit n is set for behaviour note n.</param>
internal sealed unsafe record EngineConfig(
    CudnnDescriptor Descriptor, int Index, string Identity, uint Notes, uint Behavior) : IDisposable
{
    private const int MostNotes = 32;

    /// <summary>Of an engine that does not tell its numerical notes the worst is assumed; of its behaviour, nothing.</summary>
    private const uint Unknown = uint.MaxValue;
    private const int MostKnobs = 64;

    /// <summary>Reads what an engine configuration is.</summary>
    public static EngineConfig Read(ICudnnLibrary library, CudnnDescriptor config, int index)
    {
        using var engine = new CudnnDescriptor(library, CudnnDescriptorType.Engine);
        var handle = engine.Handle;
        var status = config.TryGet(CudnnAttribute.EngineConfigEngine, CudnnAttributeType.BackendDescriptor, 1, out _, &handle);
        if (status != CudnnStatus.Success)
        {
            return new EngineConfig(config, index, "", Unknown, 0);
        }

        long number = 0;
        var named = engine.TryGet(CudnnAttribute.EngineGlobalIndex, CudnnAttributeType.Int64, 1, out _, &number) == CudnnStatus.Success;
        var knobs = KnobsOf(library, config);
        var identity = named && knobs is not null ? string.Create(CultureInfo.InvariantCulture, $"engine {number}{knobs}") : "";
        return new EngineConfig(
            config, index, identity,
            NotesOf(engine, CudnnAttribute.EngineNumericalNote, CudnnAttributeType.NumericalNote) ?? Unknown,
            NotesOf(engine, CudnnAttribute.EngineBehaviorNote, CudnnAttributeType.BehaviorNote) ?? 0);
    }

    /// <summary>Whether the engine carries a numerical note.</summary>
    public bool Has(CudnnNumericalNote note) => (Notes >> (int)note & 1) != 0;

    /// <summary>Whether the engine carries a behaviour note.</summary>
    public bool Has(CudnnBehaviorNote note) => (Behavior >> (int)note & 1) != 0;

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Null where the library does not tell.</summary>
    private static uint? NotesOf(CudnnDescriptor engine, CudnnAttribute attribute, CudnnAttributeType type)
    {
        var notes = stackalloc int[MostNotes];
        if (engine.TryGet(attribute, type, MostNotes, out var count, notes) != CudnnStatus.Success)
        {
            return null;
        }

        uint bits = 0;
        for (var i = 0; i < Math.Min(count, MostNotes); i++)
        {
            bits |= 1u << (notes[i] & 31);
        }

        return bits;
    }

    /// <summary>
    /// The engine's settings; empty if it has none, null if it does not tell. Asked for none, cuDNN counts none: places for as many as
    /// there may be must be given.
    /// </summary>
    private static string? KnobsOf(ICudnnLibrary library, CudnnDescriptor config)
    {
        const CudnnAttribute Choices = CudnnAttribute.EngineConfigKnobChoices;
        var knobs = new CudnnDescriptor[MostKnobs];
        try
        {
            var handles = stackalloc nint[MostKnobs];
            for (var i = 0; i < knobs.Length; i++)
            {
                knobs[i] = new CudnnDescriptor(library, CudnnDescriptorType.KnobChoice);
                handles[i] = knobs[i].Handle;
            }

            var status = config.TryGet(Choices, CudnnAttributeType.BackendDescriptor, MostKnobs, out var filled, handles);
            return status != CudnnStatus.Success || filled > MostKnobs ? null : filled == 0 ? "" : Text(knobs.AsSpan(0, (int)filled));
        }
        finally
        {
            foreach (var knob in knobs)
            {
                // Null where the one before could not be created.
                knob?.Dispose();
            }
        }
    }

    private static string Text(ReadOnlySpan<CudnnDescriptor> knobs)
    {
        var text = new StringBuilder(" knobs");
        foreach (var knob in knobs)
        {
            int type = 0;
            long value = 0;
            var known = knob.TryGet(CudnnAttribute.KnobChoiceType, CudnnAttributeType.KnobType, 1, out _, &type) == CudnnStatus.Success &&
                knob.TryGet(CudnnAttribute.KnobChoiceValue, CudnnAttributeType.Int64, 1, out _, &value) == CudnnStatus.Success;
            text.Append(known ? string.Create(CultureInfo.InvariantCulture, $" {type}={value}") : " ?");
        }

        return text.ToString();
    }
}
