using Fovea.Cuda.Cudnn;

namespace Fovea.Cuda.Checks.Cudnn;

/// <summary>
/// A cuDNN that computes nothing and writes each execution into the calls of a recording driver. It takes every graph, proposes one engine
/// for it, and refuses what is set late, used early or destroyed twice.
/// </summary>
/// <param name="driver">Where executions are written down; it checks the memory that they use.</param>
internal sealed unsafe class RecordingCudnn(RecordingCudaDriver driver) : ICudnnLibrary
{
    /// <summary>What the engine wants besides its operands, in bytes.</summary>
    public const long WorkspaceBytes = 1024;

    private const int BadParameter = 2000;
    private const int NotSupported = 3000;
    private readonly Dictionary<nint, RecordedDescriptor> descriptors = [];
    private readonly Dictionary<nint, CudaStream> handles = [];
    private nint last;

    public string Description => "a recording cuDNN";

    /// <summary>Descriptors and contexts that were created and not destroyed.</summary>
    public int Leaks => descriptors.Count + handles.Count;

    public nuint GetVersion() => 91002;

    public string GetErrorString(int status) => status == NotSupported ? "CUDNN_STATUS_NOT_SUPPORTED" : "CUDNN_STATUS_BAD_PARAM";

    public string GetLastErrorString() => "";

    public int Create(out nint handle)
    {
        handles.Add(handle = ++last, default);
        return CudnnStatus.Success;
    }

    public int Destroy(nint handle) => handles.Remove(handle) ? CudnnStatus.Success : BadParameter;

    public int SetStream(nint handle, nint stream)
    {
        if (!handles.ContainsKey(handle))
        {
            return BadParameter;
        }

        handles[handle] = new CudaStream(stream);
        return CudnnStatus.Success;
    }

    public int CreateDescriptor(CudnnDescriptorType type, out nint descriptor)
    {
        descriptors.Add(descriptor = ++last, new RecordedDescriptor(type));
        return CudnnStatus.Success;
    }

    public int DestroyDescriptor(nint descriptor) => descriptors.Remove(descriptor) ? CudnnStatus.Success : BadParameter;

    public int SetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long count, void* values)
    {
        if (!descriptors.TryGetValue(descriptor, out var to) || to.IsComplete)
        {
            return BadParameter;
        }

        if (type != CudnnAttributeType.BackendDescriptor)
        {
            to.Set(name, type, count, values);
            return CudnnStatus.Success;
        }

        var parts = new RecordedDescriptor[count];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!descriptors.TryGetValue(((nint*)values)[i], out var part) || !part.IsComplete)
            {
                return BadParameter;
            }

            parts[i] = part;
        }

        to.Set(name, parts);
        return CudnnStatus.Success;
    }

    public int GetAttribute(nint descriptor, CudnnAttribute name, CudnnAttributeType type, long requested, long* count, void* values)
    {
        if (!descriptors.TryGetValue(descriptor, out var from) || !from.IsComplete)
        {
            return BadParameter;
        }

        switch (from.Type, name)
        {
            case (CudnnDescriptorType.EngineHeuristic, CudnnAttribute.EngineHeuristicResults):
                *count = from.Numbers(CudnnAttribute.EngineHeuristicMode)[0] == (long)CudnnHeuristicMode.A ? 1 : 0;
                return *count == 0 || requested == 0
                    ? CudnnStatus.Success
                    : Fill(*(nint*)values, from, CudnnAttribute.EngineHeuristicOperationGraph);
            case (CudnnDescriptorType.EngineConfig, CudnnAttribute.EngineConfigEngine):
                *count = 1;
                return Fill(*(nint*)values, from, CudnnAttribute.EngineHeuristicOperationGraph);
            case (CudnnDescriptorType.Engine, CudnnAttribute.EngineGlobalIndex):
                (*count, *(long*)values) = (1, 1);
                return CudnnStatus.Success;
            case (CudnnDescriptorType.ExecutionPlan, CudnnAttribute.ExecutionPlanWorkspaceSize):
                (*count, *(long*)values) = (1, WorkspaceBytes);
                return CudnnStatus.Success;
            case (CudnnDescriptorType.EngineConfig, CudnnAttribute.EngineConfigKnobChoices):
            case (CudnnDescriptorType.Engine, CudnnAttribute.EngineNumericalNote):
                *count = 0;
                return CudnnStatus.Success;
            default:
                return NotSupported;
        }
    }

    public int FinalizeDescriptor(nint descriptor)
    {
        if (!descriptors.TryGetValue(descriptor, out var one) || one.IsComplete)
        {
            return BadParameter;
        }

        one.IsComplete = true;
        return CudnnStatus.Success;
    }

    public int Execute(nint handle, nint plan, nint variantPack)
    {
        var known = descriptors.TryGetValue(plan, out var what) & descriptors.TryGetValue(variantPack, out var pack);
        if (!known || !what!.IsComplete || !pack!.IsComplete || !handles.TryGetValue(handle, out var stream))
        {
            return BadParameter;
        }

        var graph = what[CudnnAttribute.ExecutionPlanEngineConfig][0][CudnnAttribute.EngineHeuristicOperationGraph][0];
        driver.Record(stream, "cudnnBackendExecute", place => RecordedExecution.Describe(graph, pack, WorkspaceBytes, place));
        return CudnnStatus.Success;
    }

    /// <summary>Fills the caller's own, empty descriptor, which then belongs to the same graph.</summary>
    private int Fill(nint target, RecordedDescriptor from, CudnnAttribute graph)
    {
        if (!descriptors.TryGetValue(target, out var to) || to.IsComplete)
        {
            return BadParameter;
        }

        to.Set(graph, from[graph]);
        to.IsComplete = true;
        return CudnnStatus.Success;
    }
}
