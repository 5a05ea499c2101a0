; A kitchen written by hand: every verb has its use here, and two burners share a location.
(define (problem kitchen)
(:domain alfred)
(:objects
    agent1 - agent
    Mug Knife Apple Pan Egg DeskLamp KeyChain Chair - object
    MugType KnifeType ButterKnifeType AppleType PanType EggType DeskLampType KeyChainType ChairType - otype
    CabinetType CounterTopType FridgeType MicrowaveType SinkBasinType StoveBurnerType SideTableType - rtype
    Mug_bar__plus_01_bar_1 Mug_bar__plus_02_bar_1 - object
    Knife_bar__plus_01_bar_1 - object
    Apple_bar__plus_01_bar_1 Apple_bar__plus_02_bar_1 - object
    Pan_bar__plus_01_bar_1 Egg_bar__plus_01_bar_1 - object
    DeskLamp_bar__plus_01_bar_1 - object
    KeyChain_bar__plus_01_bar_1 - object
    Chair_bar__plus_01_bar_1 - object
    Cabinet_bar__plus_01_bar_1 - receptacle
    CounterTop_bar__plus_01_bar_1 - receptacle
    Fridge_bar__plus_01_bar_1 - receptacle
    Microwave_bar__plus_01_bar_1 - receptacle
    Sink_bar__plus_01_bar_1_bar_SinkBasin - receptacle
    StoveBurner_bar__plus_01_bar_1 StoveBurner_bar__plus_02_bar_1 - receptacle
    SideTable_bar__plus_01_bar_1 - receptacle
    loc_bar_0 loc_bar_1 loc_bar_2 loc_bar_3 loc_bar_4 loc_bar_5 loc_bar_6 loc_bar_7 - location
)
(:init
    (atLocation agent1 loc_bar_0)

    (receptacleType Cabinet_bar__plus_01_bar_1 CabinetType)
    (receptacleType CounterTop_bar__plus_01_bar_1 CounterTopType)
    (receptacleType Fridge_bar__plus_01_bar_1 FridgeType)
    (receptacleType Microwave_bar__plus_01_bar_1 MicrowaveType)
    (receptacleType Sink_bar__plus_01_bar_1_bar_SinkBasin SinkBasinType)
    (receptacleType StoveBurner_bar__plus_01_bar_1 StoveBurnerType)
    (receptacleType StoveBurner_bar__plus_02_bar_1 StoveBurnerType)
    (receptacleType SideTable_bar__plus_01_bar_1 SideTableType)

    (receptacleAtLocation Cabinet_bar__plus_01_bar_1 loc_bar_1)
    (receptacleAtLocation CounterTop_bar__plus_01_bar_1 loc_bar_2)
    (receptacleAtLocation Fridge_bar__plus_01_bar_1 loc_bar_3)
    (receptacleAtLocation Microwave_bar__plus_01_bar_1 loc_bar_4)
    (receptacleAtLocation Sink_bar__plus_01_bar_1_bar_SinkBasin loc_bar_5)
    (receptacleAtLocation StoveBurner_bar__plus_01_bar_1 loc_bar_6)
    (receptacleAtLocation StoveBurner_bar__plus_02_bar_1 loc_bar_6)
    (receptacleAtLocation SideTable_bar__plus_01_bar_1 loc_bar_7)

    (openable Cabinet_bar__plus_01_bar_1)
    (openable Fridge_bar__plus_01_bar_1)
    (openable Microwave_bar__plus_01_bar_1)

    (canContain CabinetType MugType) (canContain CabinetType PanType) (canContain CabinetType KeyChainType)
    (canContain CounterTopType MugType) (canContain CounterTopType KnifeType)
    (canContain CounterTopType AppleType) (canContain CounterTopType PanType)
    (canContain CounterTopType EggType) (canContain CounterTopType KeyChainType)
    (canContain FridgeType MugType) (canContain FridgeType AppleType) (canContain FridgeType PanType)
    (canContain MicrowaveType MugType) (canContain MicrowaveType AppleType)
    (canContain SinkBasinType MugType) (canContain SinkBasinType KnifeType)
    (canContain SinkBasinType AppleType) (canContain SinkBasinType PanType)
    (canContain StoveBurnerType PanType) (canContain StoveBurnerType MugType)
    (canContain SideTableType MugType) (canContain SideTableType AppleType)
    (canContain SideTableType KeyChainType)

    (objectType Mug_bar__plus_01_bar_1 MugType) (objectType Mug_bar__plus_02_bar_1 MugType)
    (objectType Knife_bar__plus_01_bar_1 KnifeType)
    (objectType Apple_bar__plus_01_bar_1 AppleType) (objectType Apple_bar__plus_02_bar_1 AppleType)
    (objectType Pan_bar__plus_01_bar_1 PanType) (objectType Egg_bar__plus_01_bar_1 EggType)
    (objectType DeskLamp_bar__plus_01_bar_1 DeskLampType)
    (objectType KeyChain_bar__plus_01_bar_1 KeyChainType)
    (objectType Chair_bar__plus_01_bar_1 ChairType)

    (pickupable Mug_bar__plus_01_bar_1) (pickupable Mug_bar__plus_02_bar_1)
    (pickupable Knife_bar__plus_01_bar_1) (pickupable KeyChain_bar__plus_01_bar_1)
    (pickupable Apple_bar__plus_01_bar_1) (pickupable Apple_bar__plus_02_bar_1)
    (pickupable Pan_bar__plus_01_bar_1) (pickupable Egg_bar__plus_01_bar_1)
    (isReceptacleObject Pan_bar__plus_01_bar_1)
    (cleanable Mug_bar__plus_01_bar_1) (cleanable Mug_bar__plus_02_bar_1)
    (cleanable Knife_bar__plus_01_bar_1) (cleanable Pan_bar__plus_01_bar_1)
    (cleanable Apple_bar__plus_01_bar_1) (cleanable Apple_bar__plus_02_bar_1)
    (heatable Mug_bar__plus_01_bar_1) (heatable Mug_bar__plus_02_bar_1)
    (heatable Apple_bar__plus_01_bar_1) (heatable Apple_bar__plus_02_bar_1)
    (coolable Mug_bar__plus_01_bar_1) (coolable Mug_bar__plus_02_bar_1)
    (coolable Apple_bar__plus_01_bar_1) (coolable Apple_bar__plus_02_bar_1)
    (coolable Pan_bar__plus_01_bar_1)
    (sliceable Apple_bar__plus_01_bar_1) (sliceable Apple_bar__plus_02_bar_1)
    (toggleable DeskLamp_bar__plus_01_bar_1)
    (isCool Apple_bar__plus_01_bar_1)

    (inReceptacle Mug_bar__plus_01_bar_1 CounterTop_bar__plus_01_bar_1)
    (inReceptacle Mug_bar__plus_02_bar_1 Cabinet_bar__plus_01_bar_1)
    (inReceptacle Knife_bar__plus_01_bar_1 CounterTop_bar__plus_01_bar_1)
    (inReceptacle Apple_bar__plus_01_bar_1 Fridge_bar__plus_01_bar_1)
    (inReceptacle Apple_bar__plus_02_bar_1 CounterTop_bar__plus_01_bar_1)
    (inReceptacle Pan_bar__plus_01_bar_1 StoveBurner_bar__plus_01_bar_1)
    (inReceptacle Egg_bar__plus_01_bar_1 StoveBurner_bar__plus_01_bar_1)
    (inReceptacleObject Egg_bar__plus_01_bar_1 Pan_bar__plus_01_bar_1)
    (inReceptacle DeskLamp_bar__plus_01_bar_1 SideTable_bar__plus_01_bar_1)
    ; As in the release, a thing may be in two receptacles, and lie elsewhere than what holds it.
    (inReceptacle KeyChain_bar__plus_01_bar_1 SideTable_bar__plus_01_bar_1)
    (inReceptacle KeyChain_bar__plus_01_bar_1 Cabinet_bar__plus_01_bar_1)
    (objectAtLocation Mug_bar__plus_01_bar_1 loc_bar_2)
    (objectAtLocation Mug_bar__plus_02_bar_1 loc_bar_1)
    (objectAtLocation Knife_bar__plus_01_bar_1 loc_bar_2)
    (objectAtLocation Apple_bar__plus_01_bar_1 loc_bar_3)
    (objectAtLocation Apple_bar__plus_02_bar_1 loc_bar_7)
    (objectAtLocation Pan_bar__plus_01_bar_1 loc_bar_6)
    (objectAtLocation Egg_bar__plus_01_bar_1 loc_bar_6)
    (objectAtLocation DeskLamp_bar__plus_01_bar_1 loc_bar_7)
    (objectAtLocation KeyChain_bar__plus_01_bar_1 loc_bar_1)
    (objectAtLocation Chair_bar__plus_01_bar_1 loc_bar_0)
)
(:goal
    (and
        (exists (?r - receptacle)
            (exists (?o - object)
                (and
                    (heatable ?o)
                    (objectType ?o MugType)
                    (receptacleType ?r CabinetType)
                    (isHot ?o)
                    (inReceptacle ?o ?r)
                )
            )
        )
    )
)
)
