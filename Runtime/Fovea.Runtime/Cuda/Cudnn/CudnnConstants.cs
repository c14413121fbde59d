namespace Fovea.Cuda.Cudnn;

// cuDNN 9's numbers (cudnn_graph.h, cudnn_ops.h, cudnn_cnn.h); only those that Fovea uses.

/// <summary>cudnnBackendDescriptorType_t.</summary>
internal enum CudnnDescriptorType
{
    Pointwise = 0,
    Convolution = 1,
    Engine = 2,
    EngineConfig = 3,
    EngineHeuristic = 4,
    ExecutionPlan = 5,
    KnobChoice = 7,
    OperationConvolutionForward = 10,
    OperationConvolutionBackwardFilter = 11,
    OperationConvolutionBackwardData = 12,
    OperationPointwise = 13,
    OperationGraph = 15,
    VariantPack = 16,
    Tensor = 17,
}

/// <summary>cudnnBackendAttributeType_t.</summary>
internal enum CudnnAttributeType
{
    Handle = 0,
    DataType = 1,
    Boolean = 2,
    Int64 = 3,
    Float = 4,
    Double = 5,
    VoidPointer = 6,
    ConvolutionMode = 7,
    HeuristicMode = 8,
    KnobType = 9,
    NumericalNote = 11,
    PointwiseMode = 14,
    BackendDescriptor = 15,
    BehaviorNote = 19,
    Int32 = 23,
    Char = 24,
}

/// <summary>cudnnBackendAttributeName_t.</summary>
internal enum CudnnAttribute
{
    PointwiseMode = 0,
    PointwiseMathPrecision = 1,
    PointwiseReluLowerClip = 3,
    PointwiseReluUpperClip = 4,
    PointwiseReluLowerClipSlope = 5,
    ConvolutionComputeType = 100,
    ConvolutionMode = 101,
    ConvolutionDilations = 102,
    ConvolutionFilterStrides = 103,
    ConvolutionPostPaddings = 104,
    ConvolutionPrePaddings = 105,
    ConvolutionSpatialDimensions = 106,
    EngineHeuristicMode = 200,
    EngineHeuristicOperationGraph = 201,
    EngineHeuristicResults = 202,
    EngineConfigEngine = 300,
    EngineConfigKnobChoices = 302,
    ExecutionPlanHandle = 400,
    ExecutionPlanEngineConfig = 401,
    ExecutionPlanWorkspaceSize = 402,
    ExecutionPlanJson = 405,
    KnobChoiceType = 600,
    KnobChoiceValue = 601,
    ConvolutionForwardAlpha = 700,
    ConvolutionForwardBeta = 701,
    ConvolutionForwardDescriptor = 702,
    ConvolutionForwardW = 703,
    ConvolutionForwardX = 704,
    ConvolutionForwardY = 705,
    ConvolutionBackwardDataAlpha = 706,
    ConvolutionBackwardDataBeta = 707,
    ConvolutionBackwardDataDescriptor = 708,
    ConvolutionBackwardDataW = 709,
    ConvolutionBackwardDataDx = 710,
    ConvolutionBackwardDataDy = 711,
    ConvolutionBackwardFilterAlpha = 712,
    ConvolutionBackwardFilterBeta = 713,
    ConvolutionBackwardFilterDescriptor = 714,
    ConvolutionBackwardFilterDw = 715,
    ConvolutionBackwardFilterX = 716,
    ConvolutionBackwardFilterDy = 717,
    OperationPointwiseDescriptor = 750,
    OperationPointwiseX = 751,
    OperationPointwiseB = 752,
    OperationPointwiseY = 753,
    OperationPointwiseAlpha1 = 754,
    OperationPointwiseAlpha2 = 755,
    OperationPointwiseDx = 756,
    OperationPointwiseDy = 757,
    OperationGraphHandle = 800,
    OperationGraphOperations = 801,
    TensorByteAlignment = 900,
    TensorDataType = 901,
    TensorDimensions = 902,
    TensorStrides = 903,
    TensorUniqueId = 906,
    TensorIsVirtual = 907,
    VariantPackUniqueIds = 1000,
    VariantPackDataPointers = 1001,
    VariantPackWorkspace = 1003,
    EngineGlobalIndex = 1301,
    EngineNumericalNote = 1303,
    EngineBehaviorNote = 1305,
}

/// <summary>cudnnDataType_t.</summary>
internal enum CudnnDataType
{
    Float = 0,
    Half = 2,
    BFloat16 = 9,
}

/// <summary>cudnnConvolutionMode_t.</summary>
internal enum CudnnConvolutionMode
{
    CrossCorrelation = 1,
}

/// <summary>cudnnPointwiseMode_t.</summary>
internal enum CudnnPointwiseMode
{
    Add = 0,
    ReluForward = 100,
    ReluBackward = 200,
}

/// <summary>cudnnBackendHeurMode_t.</summary>
internal enum CudnnHeuristicMode
{
    Instant = 0,
    B = 1,
    Fallback = 2,
    A = 3,
}

/// <summary>cudnnBackendNumericalNote_t.</summary>
internal enum CudnnNumericalNote
{
    TensorCore = 0,
    DownConvertInputs = 1,
    ReducedPrecisionReduction = 2,
    Fft = 3,
    Nondeterministic = 4,
    Winograd = 5,
}

/// <summary>cudnnBackendBehaviorNote_t.</summary>
internal enum CudnnBehaviorNote
{
    RuntimeCompilation = 0,
}

/// <summary>cudnnTensorFormat_t, of the legacy calls.</summary>
internal enum CudnnTensorFormat
{
    Nhwc = 1,
}

/// <summary>cudnnMathType_t, of the legacy calls.</summary>
internal enum CudnnMathType
{
    Default = 0,
    TensorOp = 1,
    Fma = 3,
}

/// <summary>cudnnActivationMode_t, of the legacy calls.</summary>
internal enum CudnnActivationMode
{
    Relu = 1,
    Identity = 5,
}
